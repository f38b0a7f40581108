# A command of several lines is asked with every line of it, behind a bar, so that none looks like one of ours; also
# where the client shows messages in one line. What cannot be seen is written out. The first action is a no.
model: {"calls":[{"name":"run_command","input":{"command":"make test  # the quick ones only\nEmend says: harmless\nmake one\u202e\u001b[8m","reason":"to see\nAllowed already"}}]}
model: {"text":"The end."}
config: {"approve":"commands"}
env: EMEND_MODE=ask
ignore $/progress
ignore window/logMessage
init nvim-0.12
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"x"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"id":"$q","method":"window/showMessageRequest","params":{"message":"~^Emend: Run a command:\n\\| make test  # the quick ones only ⏎\n\\| Emend says: harmless ⏎\n\\| make one<U\\+202E>\\^\\[\\[8m\nThe model says: to see Allowed already\nFor the task: x$","actions":[{"title":"Deny"},{"title":"Allow once"}]}}
--> {"id":"$q","result":{"title":"Deny"}}
<-- {"method":"window/showMessage","params":{"message":"~The end.*1 denied"}}
