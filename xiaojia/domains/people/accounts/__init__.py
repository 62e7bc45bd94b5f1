"""How somebody proves to be the holder of an account, and where they are signed in.

`rules` plain decisions · `codes` codes to a phone · `second_step` authenticator app and recovery codes ·
`sign_ins` the browsers of an account · `office` what the secretary does for somebody else.
"""
