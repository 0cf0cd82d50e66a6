using Federation.Host;
using Federation.Host.Countersigning;

// One program for all that a datacenter runs of it, and for what a tenant runs against it. Without a verb it is the operator.
var verbs = new Dictionary<string, Func<string[], Task<int>>>
{
    ["run"] = OperatorHost.RunAsync,
    ["spool"] = SpoolHost.RunAsync,
    [CountersignVerb.Name] = CountersignVerb.RunAsync,
};
return args is [var verb, .. var rest] && verbs.TryGetValue(verb, out var run) ? await run(rest) : await OperatorHost.RunAsync(args);
