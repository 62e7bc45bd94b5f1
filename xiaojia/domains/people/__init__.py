"""Who lives and works here: accounts, households, residents, consent, and who looked at whom.

Nouns: Account, Household, Resident, Consent, Viewlog. The register is minimal (P05): address, name,
contact, household size. Phones are sealed; a blind index finds them. Extra room: accounts/ (how somebody
proves to be the holder of an account: AccountPhone, SignInCode, SecondStep, SignIn).
Rules: P01, P02, P05, P07.
"""
