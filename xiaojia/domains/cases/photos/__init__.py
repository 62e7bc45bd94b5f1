"""The room for strangers' photos: a limited child develops them anew, files lie private under their hash."""
