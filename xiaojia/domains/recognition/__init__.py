"""Recognition: members thank members, month by month, quarter by quarter, once a year (互评、季积分、年评比).

Nouns: Month, Ballot with its Envelope, Thanks, Monthvalue, Quarter, Appraisal, Story, Appeal, Unsealing.
Rules: R08-R10, P11-P13, domain 4.2. What a ballot says lies in an envelope that PostgreSQL opens only inside
a closing, or for an appeal that two people signed (decision 0105). Nobody is ranked; each sees their own.
"""
