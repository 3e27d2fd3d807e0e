"""Here only for what it imports: with it, collective communication must be there."""

import hccl.manage.api  # noqa: F401
