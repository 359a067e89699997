"""Passwords: which are taken, and how they are kept (argon2id, so a stolen table costs years to try out)."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from walras.base.errors import Invalid

CHARS_MIN, CHARS_MAX = 8, 256
# Of what people choose most; each of at least eight characters, since shorter ones are refused anyway.
_LIST = """
password password1 password12 password123 passw0rd p@ssw0rd p@ssword 12345678 123456789 1234567890 0123456789 87654321
987654321 11111111 111111111 1111111111 00000000 88888888 66666666 99999999 12341234 11223344 12344321 123123123
123321123 147258369 789456123 qwertyui qwertyuiop qwerty12 qwerty123 qwer1234 1q2w3e4r 1qaz2wsx 1q2w3e4r5t zaq12wsx
asdfghjk asdfghjkl asdf1234 zxcvbnm1 zxcvbnm123 abcd1234 abc12345 abcdefgh a1234567 a12345678 aa123456 aaaaaaaa
iloveyou iloveyou1 sunshine princess football baseball superman batman123 starwars whatever trustno1 welcome1
welcome123 letmein1 letmein123 admin123 admin1234 administrator changeme changeme1 dragon12 monkey123 master12
computer internet michelle jennifer woaini1314 woaini520 5201314520 123456789a 123456abc wang1234 zhang123 li123456
q1w2e3r4 google123 facebook samsung1 pokemon1 hello123 hellohello secret12 walras123 mustang1 corvette michael1
charlie1 liverpool chelsea1 arsenal1 barcelona
"""
WORST = frozenset(_LIST.split())
# 19 MiB and two passes: the least that OWASP names; about 30 ms on the reference machine, off the loop's thread.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def usable_password(password: str, *others: str) -> str:
    """A password as it may be kept.

    Args:
        password: as typed; nothing is cut off or changed.
        others: what it must not be: handle, name, e-mail, telephone.

    Raises:
        Invalid: it is short, long, one of the worst, or says the account itself. The value is never shown.
    """
    if not CHARS_MIN <= len(password) <= CHARS_MAX:
        hint = f"Use {CHARS_MIN} to {CHARS_MAX} characters; a sentence is best."
        raise Invalid("has the wrong length", field="password", hint=hint)
    low = password.lower()
    if low in WORST or len(set(low)) < 3:
        raise Invalid("is among the first that are tried", field="password", hint="Use a sentence.")
    if any(low == part for other in others for part in _parts(other)):
        raise Invalid("says who you are", field="password", hint="Use something nobody can look up.")
    return password


def hashed(password: str) -> str:
    """What is kept of a password; takes tens of milliseconds, so call it in a thread."""
    return _hasher.hash(password.encode("utf-8", "surrogatepass"))


def matches(hash: str, password: str) -> bool:
    """Whether it is the password; an empty hash takes as long and never matches."""
    try:
        return _hasher.verify(hash or _nobody(), password[: CHARS_MAX + 1].encode("utf-8", "surrogatepass")) and bool(
            hash
        )
    except (VerificationError, InvalidHashError):
        return False


def outdated(hash: str) -> bool:
    """Whether it was made with weaker parameters than today's, and should be made again at the next sign-in."""
    return bool(hash) and _hasher.check_needs_rehash(hash)


@cache
def _nobody() -> str:
    """Checked where no account is found, so that a wrong login takes as long as a wrong password."""
    return _hasher.hash("nobody has this password")


def _parts(other: str) -> tuple[str, ...]:
    low = other.lower().removeprefix("@")
    return (low, low.partition("@")[0], low[::-1]) if low else ()
