-- Events that should have been records and could not be read; $outside: reasons of text that is no event.
SELECT count(*) AS rejects
FROM rejects
WHERE NOT list_contains($outside, reason)
