# The user's own actions, from the settings.
config: {"model":"scripted:${root}/none","actions":[{"title":"Rust idioms","kind":"refactor.rust","prompt":"Use idioms.","result":"edit"},{"title":"Haiku","kind":"emend.haiku","prompt":"Write one.","result":"show"}]}
init nvim-0.12
--> {"id":1,"method":"textDocument/codeAction","params":{"textDocument":{"uri":"${uri}/a.rs"},"range":{"start":{"line":0,"character":0},"end":{"line":0,"character":0}},"context":{"diagnostics":[],"only":["refactor.rust","emend.haiku"]}}}
<-- {"id":1,"result":[{"title":"Rust idioms","kind":"refactor.rust","command":{"command":"emend.action","arguments":[{"action":"Rust idioms"}]}},{"title":"Haiku","kind":"emend.haiku","command":{"command":"emend.action","arguments":[{"action":"Haiku"}]}}]}
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.action","arguments":[{"uri":"${uri}/a.rs","action":"Gone"}]}}
<-- {"id":2,"error":{"message":"~Gone"}}
