"""Points that reward and never punish: members, wallets, positive rules, deeds seen by a second person.

Nouns: Member, Kinship, Passbook, Account, Transaction, Entry, Hold, Rule, Ruleversion, Pointbudget, Deed,
Correction, Callback, Expirynotice. Double entry: every transaction sums to zero, and only the functions
of migration 0002 may write what is money. Merit (what was earned) and wallet (what is left) are two things.
"""
