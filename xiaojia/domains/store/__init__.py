"""The store of points (积分超市): goods, their prices and stock, what was redeemed, what people would like.

Nouns: Goods, Price, Stockmove, Redemption, Wanted. Stock is the sum of its moves and never below zero; a
redemption and its points move in one transaction. Prices rise only after seven days' notice.
"""
