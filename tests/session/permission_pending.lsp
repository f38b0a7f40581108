# A plugin that shows the question in a window of its own answers the request at once, and the user later.
model: {"calls":[{"name":"read_file","input":{"path":"a.c"}}]}
model: {"calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"int old","new_text":"int fresh"}]}}]}
model: {"text":"The end."}
file: a.c "int old;\n"
env: EMEND_MODE=ask
answer emend/permission {"result":{"pending":true}}
ignore emend/task
ignore emend/text
ignore emend/hunks
ignore $/cancelRequest
ignore $/progress
ignore window/logMessage
init plugin
open ${uri}/a.c "int old;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.refactor","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"emend/permission","params":{"question":"$q","subject":"a.c","options":["Deny","Allow once","..."]}}
# What answers nothing: a question that is not there, and one without a name.
--> {"method":"emend/answer","params":{"question":"q4711","title":"Allow once"}}
--> {"method":"emend/answer","params":{"title":"Allow once"}}
quiet 0.3
buffer ${uri}/a.c "int old;\n"
--> {"method":"emend/answer","params":{"question":"$q","title":"Allow once"}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showMessage","params":{"message":"~The end"}}
buffer ${uri}/a.c "int fresh;\n"
# A second answer to it is nothing either.
--> {"method":"emend/answer","params":{"question":"$q","title":"Allow once"}}
quiet 0.3
