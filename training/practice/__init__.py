"""Made documents of the kinds that people bring, to practise reading on: no document of a suite, no wording of one."""
