using System.Collections;
using Federation.Domain.Leases;
using Microsoft.Extensions.Logging;

namespace Federation.Application.Telemetry;

/// <summary>What work is for, on each log line under it, whoever writes that: by the same two names everywhere, so that one query finds all of a lease.</summary>
public sealed class LeaseScope : IEnumerable<KeyValuePair<string, object?>>
{
    /// <summary>Name of the lease's id; of those of a transaction for several, by blanks.</summary>
    public const string Lease = nameof(Lease);

    /// <summary>Name of the namespace that holds everything of it.</summary>
    public const string Namespace = nameof(Namespace);

    private readonly IReadOnlyList<LeaseId> leases;
    private readonly string space;

    private LeaseScope(IReadOnlyList<LeaseId> leases, string space = "") => (this.leases, this.space) = (leases, space);

    internal static LeaseScope Of(params IReadOnlyList<LeaseId> leases) => new(leases);

    internal static LeaseScope OfNamespace(string space) => new([], space);

    // Written only where somebody writes it: most scopes end without a line.
    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        if (leases.Count > 0) yield return new(Lease, string.Join(' ', leases));
        if (space.Length > 0 || leases.Count > 0) yield return new(Namespace, space.Length > 0 ? space : string.Join(' ', leases.Select(l => l.Namespace)));
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => string.Join(' ', this.Select(p => $"{p.Key}:{p.Value}"));
}

/// <summary>Opens scopes of leases.</summary>
public static class LeaseScopes
{
    /// <summary>Until it is disposed, what is logged from here on is about this lease.</summary>
    public static IDisposable? BeginLease(this ILogger log, LeaseId id) => log.BeginScope(LeaseScope.Of(id));

    /// <summary>The same of one transaction for several.</summary>
    public static IDisposable? BeginLeases(this ILogger log, IEnumerable<LeaseId> ids) => log.BeginScope(LeaseScope.Of([.. ids.Distinct()]));

    /// <summary>The same where only the namespace is known, such as in a request to the cluster.</summary>
    public static IDisposable? BeginNamespace(this ILogger log, string space) => log.BeginScope(LeaseScope.OfNamespace(space));

    /// <summary>Starts what is not this lease's own, though this one comes first: a read that several wait for, a transaction of an earlier term.</summary>
    public static void StartApart(Action start)
    {
        using (ExecutionContext.SuppressFlow()) start();
    }
}
