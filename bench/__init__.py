"""Benchmarks of our own figures and of the peers; never imported by xiaojia."""
