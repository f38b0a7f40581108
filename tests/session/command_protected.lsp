# What git or an editor would execute is kept only after a question of its own.
model: {"calls":[{"name":"run_command","input":{"command":"sh plant.sh one"}}]}
model: {"calls":[{"name":"run_command","input":{"command":"sh plant.sh two"}}]}
model: {"text":"The end."}
file: a.c "int old;\n"
file: plant.sh "mkdir -p .vscode .git/hooks && echo '{}' > .vscode/tasks.json && echo $1 > plain && echo x > .git/hooks/update\n"
check: plain "two\n"
check: .vscode/tasks.json "{}\n"
absent: .git/hooks/update
env: EMEND_MODE=auto
ignore $/progress
ignore window/logMessage
answer window/showDocument {"result":{"success":true}}
init vscode-9
open ${uri}/a.c "int old;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.refactor","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<-- {"id":"$q","method":"window/showMessageRequest","params":{"type":2,"message":"~protected.*tasks.json"}}
--> {"id":"$q","result":{"title":"Deny"}}
<-- {"id":"$p","method":"window/showMessageRequest","params":{"type":2,"message":"~protected.*tasks.json"}}
--> {"id":"$p","result":{"title":"Allow once"}}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~done"}}
