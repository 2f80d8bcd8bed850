"""What the service prints: its dumps, its fixed sentences, and the texts of things that break."""

from __future__ import annotations

import json

from balance_sync.generator.identifiers import IdentifierMint
from balance_sync.generator.records import Ending, Message, Mismatch, Transaction

PLAIN = {
    Ending.ALREADY_SYNCED: "Skipping the process, balance is already synced from other listeners",
    Ending.ALREADY_SYNCED_SHORT: "Balance is already synced from other listeners",
    Ending.SKIPPED_CREATE: "Skipping the balance sync for create subscription, "
    "it will be synced from create subscription payment listener",
    Ending.SKIPPED_FLAG: "Skipping the process, Update Payment Balance Flag is set to false "
    "{ transactionAction: 'DONATE_RAMADAN_MEAL' }",
}
"""The sentences that show an outcome and nothing else."""

SLACK = (
    "Sending slack notification {\n  country: 'BH',\n  channel: 'balance-alarms-dev',\n  kitchen: 'BH104',\n"
    "  brand: 'SUFRA',\n  suppress: false,\n  blocks: [\n    { type: 'section', text: [Object] },\n"
    "    { type: 'section', fields: [Array] },\n    { type: 'section', text: [Object] }\n  ]\n"
    "} arn:aws:sns:us-east-1:000000000000:sufra-sns-dev-send-slack"
)
"""A dump whose inner objects Node cuts short, followed by a further argument."""

_REFUSED = "Subscriber will have a negative balance due to this action, the process will terminate."

_MISSING = "/var/task/node_modules/@aws-sdk/lib-storage"
_LISTENER = "/var/task/src/syncBalance/listener.mjs"
_LOADER_STACK = (
    "    at __node_internal_captureLargerStackTrace (node:internal/errors:496:5)",
    "    at new NodeError (node:internal/errors:405:5)",
    "    at finalizeResolution (node:internal/modules/esm/resolve:327:11)",
    "    at moduleResolve (node:internal/modules/esm/resolve:980:10)",
    "    at moduleResolveWithNodePath (node:internal/modules/esm/resolve:934:12)",
    "    at defaultResolve (node:internal/modules/esm/resolve:1206:79)",
    "    at ModuleLoader.defaultResolve (node:internal/modules/esm/loader:404:12)",
    "    at ModuleLoader.resolve (node:internal/modules/esm/loader:373:25)",
    "    at ModuleLoader.getModuleJob (node:internal/modules/esm/loader:250:38)",
    "    at ModuleWrap.<anonymous> (node:internal/modules/esm/module_job:76:39)",
    "    at link (node:internal/modules/esm/module_job:75:36)",
)


def transaction_text(t: Transaction) -> str:
    """Return the dump of a transaction, in the schema that its fields call for."""
    if t.kind is None:
        return (
            f"Start syncing the balance {{\n  transaction: {{\n    id: '{t.transaction_id}',\n"
            f"    userId: '{t.user_id}',\n    currency: '{t.currency}',\n    amount: {t.amount},\n"
            f"    vat: {t.vat},\n    oldBalance: {t.old},\n    newBalance: {t.new}\n  }}\n}}"
        )
    return (
        f"Start syncing the balance {{\n  transaction: {{\n    id: '{t.transaction_id}',\n"
        f"    type: '{t.kind}',\n    source: '{t.source}',\n    action: '{t.action}',\n"
        f"    userId: '{t.user_id}',\n"
        f"    paymentBalance: {t.payment},\n    updatePaymentBalance: true,\n    metadata: {t.metadata},\n"
        f"    currency: '{t.currency}',\n    amount: {t.amount},\n    vat: {t.vat},\n"
        f"    oldBalance: {t.old},\n    newBalance: {t.new}\n  }}\n}}"
    )


def mismatch_text(mismatch: Mismatch) -> str:
    """Return the record of two balances that are not in step."""
    return (
        f"Subscription balance and payment balance are not in sync {{\n  userId: '{mismatch.user_id}',\n"
        f"  subscriptionBalance: {mismatch.subscription},\n  paymentBalance: {mismatch.payment}\n}}"
    )


def refusal_text(message: Message) -> str:
    """Return what is printed when a change is refused: an object as the first argument."""
    return (
        f"{{\n  message: '{_REFUSED}',\n  data: {{\n    userId: '{message.user_id}',\n"
        f"    currentBalance: {message.balance},\n    transactionId: '{message.refused_id}'\n  }}\n}}"
    )


class FailureTexts:
    """Makes the texts; those that name a request of their own name a new one each time."""

    def __init__(self, mint: IdentifierMint) -> None:
        self._mint = mint
        self._uncaught = _uncaught_exception()

    def uncaught(self) -> str:
        """Return the crash of a release whose module is not in its package."""
        return self._uncaught

    def handled(self) -> str:
        """Return an error that the service catches: a conditional write that was refused."""
        return (
            "Error while syncing the balance ConditionalCheckFailedException: "
            "The conditional request failed\n"
            f"    at throwDefaultError ({_LISTENER}:8104:22)\n"
            "    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)\n"
            f"    at async syncBalance ({_LISTENER}:20913:3) {{\n"
            "  '$fault': 'client',\n"
            "  '$metadata': {\n"
            "    httpStatusCode: 400,\n"
            f"    requestId: '{self._mint.hex(52).upper()}',\n"
            "    extendedRequestId: undefined,\n"
            "    cfId: undefined,\n"
            "    attempts: 3,\n"
            "    totalRetryDelay: 118\n"
            "  },\n"
            "  __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException'\n"
            "}"
        )

    def unhandled(self) -> str:
        """Return an error that ends the invocation."""
        stack = [
            "TimeoutError: socket hang up",
            f"    at connResetException ({_LISTENER}:720:14)",
            f"    at async Runtime.handler ({_LISTENER}:20944:5)",
        ]
        data = {
            "errorType": "TimeoutError",
            "errorMessage": "socket hang up",
            "code": "ECONNRESET",
            "stack": stack,
        }
        return f"Invoke Error \t{json.dumps(data, separators=(',', ':'))}"


def _uncaught_exception() -> str:
    message = f"Cannot find package '{_MISSING}' imported from {_LISTENER}"
    hint = "Did you mean to import @aws-sdk/lib-storage/dist-cjs/index.js?"
    data = {
        "errorType": "Error",
        "errorMessage": f"{message}\n{hint}",
        "code": "ERR_MODULE_NOT_FOUND",
        "url": f"file://{_MISSING}",
        "stack": [f"Error [ERR_MODULE_NOT_FOUND]: {message}", hint, *_LOADER_STACK],
    }
    return f"Uncaught Exception \t{json.dumps(data, separators=(',', ':'))}"
