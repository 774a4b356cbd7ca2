"""Certificates of hours (学时证明): their document, their proof and its checks."""
