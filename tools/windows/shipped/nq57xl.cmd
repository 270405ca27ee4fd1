@"%~dp0python\python.exe" -B -X utf8 -m nq57xl %*
