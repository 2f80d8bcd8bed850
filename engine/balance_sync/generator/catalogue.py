"""What the made-up business sells, and what its customers write on gifts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Extra:
    """A daily extra to a subscription, described in two languages."""

    code: str
    arabic: str
    english: str
    tagline: str
    long_arabic: str
    long_english: str


DISHES = (
    ("فطيرة الزعتر بالجبن", "Thyme and Cheese Pie"),
    ("سلطة العدس الأخضر", "Green Lentil Salad"),
    ("أرز بالخضار المشوية", "Roasted Vegetable Rice"),
    ("شوربة القرع بالكركم", "Turmeric Marrow Soup"),
    ("Smoked Aubergine Wrap", "Smoked Aubergine Wrap"),
    ("كرات التمر بالسمسم", "Sesame Date Bites"),
)
"""Names of dishes, in Arabic (not all are translated) and English."""

EXTRAS = (
    Extra(
        "SNACK_BOX",
        "صندوق الوجبات الخفيفة",
        "Snack Box",
        "لقيمات خفيفة بين الوجبات",
        "تشكيلة من المقرمشات والمكسرات والفواكه المجففة تصلك كل صباح، خفيفة على المعدة ومليانة طاقة",
        "A changing box of roasted nuts, dried fruit and crisps, packed each morning so that an "
        "afternoon of meetings does not end at the vending machine. Five kinds, none of them fried.",
    ),
    Extra(
        "HERBAL_TEAS",
        "شاي الأعشاب",
        "Herbal Teas",
        "دفء في كوب",
        "خلطات أعشاب محلية نجففها بأنفسنا ونعبئها في أكياس صغيرة، بدون سكر، تشربها ساخنة أو باردة",
        "Sage, mint and hibiscus from small farms, dried in our own kitchen. Sip them hot at night or "
        "iced by day; a sachet is enough for a pot.",
    ),
    Extra(
        "JUNIOR_MENU",
        "قائمة الصغار",
        "Junior Menu",
        "وجبات يحبها الصغار",
        "أطباق صغيرة بألوان كثيرة، فيها خضار لا يلاحظها أحد، ومعها حكاية قصيرة تقرأونها سوا وقت العشاء",
        "Small plates in many colours, with vegetables that nobody notices and a short story printed "
        "on the box. For children from four to ten, without nuts.",
    ),
    Extra(
        "PROTEIN_PLUS",
        "بروتين إضافي",
        "Protein Plus",
        "Fuel for heavy days",
        "An extra portion for those who lift: grilled fish, lentils or chicken, weighed to the gram.",
        "An extra portion for those who lift: grilled fish, lentils or chicken, weighed to the gram.",
    ),
)

GIFT_NOTES = (
    "hope you're enjoying the new flat",
    "A small thank-you for Tuesday",
    'the "secret" recipe is in the box',
    "it's the `spicy` one you've asked for",
    "كل عام وأنتم بخير",
)
"""Messages that make Node choose each of its three quotes, and escape them."""

MEALS = ("breakfast", "lunch", "dinner", "snack")
DIETS = ("balanced", "balanced", "low-carb", "high-protein", "chef-picks")
GOALS = ("loseWeight", "maintainWeight", "gainWeight")
