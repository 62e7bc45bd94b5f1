"""Words that every domain needs.

Actor and scope, tenancy (row-level security), clock, audit trail, masking, consent (the mechanism),
refusals, secrets, long work with progress, the outbox, limits of rates, sheets, children for
strangers' files. Imports no engine and no domain; its tables carry `community_id` as a plain number.
Rules: P01, P02, P06, P08, P10, P18, P27.
"""
