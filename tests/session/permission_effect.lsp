# A command in mode ask runs on a view at once; one that changes nothing is not asked about, and one that changes
# something is asked about once, with the diff opened before a yes is possible. What the user saved meanwhile stays.
model: {"calls":[{"name":"run_command","input":{"command":"cat a.c; sh -c 'echo $((6 * 7))'"}}]}
model: {"expect":["42"],"calls":[{"name":"run_command","input":{"command":"sed -i s/old/fresh/ a.c; echo x > b.txt"}}]}
model: {"expect":["M a.c"],"calls":[{"name":"run_command","input":{"command":"rm b.txt"}}]}
model: {"expect":["Nothing that the command changed was kept"],"text":"The end."}
file: a.c "int old;\n"
check: a.c "int old;\n"
check: b.txt "x\n"
env: EMEND_MODE=ask
ignore $/progress
ignore window/logMessage
answer window/showDocument {"result":{"success":true}}
init nvim-0.12
open ${uri}/a.c "int old;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"x"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"window/showDocument","params":{"uri":"~/asked/emend-[0-9]+-1.diff$"}}
<-- {"id":"$q","method":"window/showMessageRequest","params":{"message":"~^Emend: Keep what a command changed: sed -i s/old/fresh/ a.c; echo x > b.txt \\(\\+2 -1\\)","actions":[{"title":"Deny"},{"title":"Allow once"},{"title":"Always allow what commands change in this task"},{"title":"Show"}]}}
--> {"id":"$q","result":{"title":"Allow once"}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showDocument"}
<-- {"id":"$r","method":"window/showMessageRequest","params":{"message":"~rm b.txt"}}
--> {"id":"$r","result":{"title":"Deny"}}
<-- {"method":"window/showMessage","params":{"message":"~The end"}}
buffer ${uri}/a.c "int fresh;\n"
