# Mode plan in an editor without our plugin: a long plan is opened as a document before it can be accepted; a no ends the task.
model: {"text":"1. one\n2. two\n3. three\n4. four\n5. five\n6. six\n7. seven"}
file: a.c "int old;\n"
check: a.c "int old;\n"
env: EMEND_MODE=plan
ignore $/progress
ignore window/logMessage
manual window/showDocument
init nvim-0.12
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"x"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"id":"$d","method":"window/showDocument","params":{"uri":"~/asked/emend-[0-9]+-1.txt$"}}
--> {"id":"$d","result":{"success":true}}
<-- {"id":"$q","method":"window/showMessageRequest","params":{"message":"~^Emend: Work by this plan: ","actions":[{"title":"Deny"},{"title":"Allow once"},{"title":"Always allow edits in this task"},{"title":"Show"}]}}
--> {"id":"$q","result":{"title":"Deny"}}
<-- {"method":"window/showMessage","params":{"message":"~1. one"}}
