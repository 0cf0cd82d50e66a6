using System.Diagnostics;
using Federation.Domain.Leases;

namespace Federation.Application.Telemetry;

/// <summary>
/// Spans of the operator's work. Where no traces are taken nobody listens, and each of these is null. What a span carries is named
/// here, and nothing else: addresses, headers and bodies hold credentials.
/// </summary>
public static class Spans
{
    /// <summary>Of all spans here.</summary>
    public const string SourceName = "Federation";

    public const string LeaseIdName = "federation.lease.id";
    public const string NamespaceName = "federation.lease.namespace";
    public const string RequestHashName = "federation.request.hash";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>The span that is open here; null: none of the operator's.</summary>
    public static Activity? Current => Activity.Current is { } open && open.Source.Name == SourceName ? open : null;

    /// <summary>A part of what is open, or something of its own where nothing is.</summary>
    public static Activity? Start(string name) => Source.StartActivity(name);

    public static Activity? Start(string name, LeaseId lease) => Source.StartActivity(name)?.About(lease);

    /// <summary>
    /// Something of its own, whatever is open: a request from outside begins here. Whose trace it is there is not asked: a stranger would
    /// decide what is traced, and write into others' traces.
    /// </summary>
    public static Activity? StartOwn(string name, ActivityKind kind)
    {
        if (!Source.HasListeners()) return null;
        Activity.Current = null;
        return Source.StartActivity(name, kind);
    }

    public static Activity About(this Activity span, LeaseId lease) => span.SetTag(LeaseIdName, lease.Hex).SetTag(NamespaceName, lease.Namespace);

    /// <summary>Of several the ids are a list, whose first is the one that is searched by where only one can be.</summary>
    public static void About(this Activity span, IEnumerable<LeaseId> leases)
    {
        string[] ids = [.. leases.Select(l => l.Hex).Distinct()];
        if (ids.Length > 0) span.SetTag(LeaseIdName, ids.Length == 1 ? ids[0] : ids);
    }

    /// <summary>It came to nothing; the reason as it is logged.</summary>
    public static void Failed(this Activity span, string reason) => span.SetStatus(ActivityStatusCode.Error, reason);
}
