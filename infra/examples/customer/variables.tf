# Everything is in main.tf: a customer changes it there.
