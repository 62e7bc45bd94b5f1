"""谁能登录: the secretary helps whoever lost a phone, and writes down the first one."""
