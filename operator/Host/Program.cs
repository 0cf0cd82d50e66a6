using Federation.Host;
using Federation.Host.Countersigning;
using Federation.Host.Doctor;
using Federation.Host.Tenancy;

NativeHeap.ShareOneArena();
// One program for all that a datacenter runs of it, and for what a tenant runs against it. Without a verb it is the operator.
var verbs = new Dictionary<string, Func<string[], Task<int>>>
{
    ["run"] = OperatorHost.RunAsync,
    ["spool"] = SpoolHost.RunAsync,
    [TenantHost.Name] = TenantHost.RunAsync,
    [CountersignVerb.Name] = CountersignVerb.RunAsync,
    [DoctorVerb.Name] = DoctorVerb.RunAsync,
};
if (args is [var verb, .. var rest] && verbs.TryGetValue(verb, out var run)) return await run(rest);
// What is no setting was meant for a verb: an operator in place of a misspelt spool would hold a key where none belongs.
if (args is not [var word, ..] || word.StartsWith('-') || word.StartsWith('/') || word.Contains('=')) return await OperatorHost.RunAsync(args);
await Console.Error.WriteLineAsync($"error: '{word}' is none of this program's verbs: {string.Join(", ", verbs.Keys)}.");
return 2;
