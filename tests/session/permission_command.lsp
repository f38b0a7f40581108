# A command is asked for with its very text; "always" is offered with its rule, and asked once only.
model: {"calls":[{"name":"run_command","input":{"command":"touch one"}}]}
model: {"calls":[{"name":"run_command","input":{"command":"touch two"}}]}
model: {"text":"Both ran."}
config: {"approve":"commands"}
env: EMEND_MODE=ask
ignore $/progress
ignore window/logMessage
init nvim-0.12
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"print"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"id":"$q","method":"window/showMessageRequest","params":{"message":"~touch one","actions":[{"title":"Deny"},{"title":"Allow once"},{"title":"~^Always allow touch .until"},{"title":"~^Always allow touch .in this folder"}]}}
--> {"id":"$q","result":{"title":"Always allow touch (until the editor closes)"}}
<-- {"method":"window/showMessage","params":{"message":"~Both ran"}}
# ... and it holds for the next task of this server too.
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"again"}]}}
<-- {"id":2,"result":{"taskId":"*"}}
<-- {"method":"window/showMessage","params":{"message":"~Both ran"}}
