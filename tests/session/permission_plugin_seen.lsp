# Our own plugins, too, get every character of a command and of its lines in a form that can be seen.
model: {"calls":[{"name":"run_command","input":{"command":"make test # \u202eeno\u202c\rx\nmake o\u200bne\u00a0\ttab","reason":"\u2066hm"}}]}
model: {"text":"The end."}
config: {"approve":"commands"}
env: EMEND_MODE=ask
answer emend/permission {"result":{"title":"Deny"}}
ignore emend/task
ignore emend/text
ignore $/progress
ignore window/logMessage
init plugin
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"x"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"emend/permission","params":{"subject":"make test # <U+202E>eno<U+202C>^Mx\nmake o<U+200B>ne<U+00A0>\ttab","reason":"<U+2066>hm"}}
<-- {"method":"window/showMessage","params":{"message":"~The end.*1 denied"}}
