using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Federation.Cluster.Requests;

/// <summary>Whether it is this side's way out that is closed, or the datacenter's address that leads nowhere: its names and addresses are of its own making.</summary>
internal sealed class WayThere(TimeProvider clock)
{
    // Leases that serve are looked at every half a minute.
    private static readonly TimeSpan Lately = TimeSpan.FromMinutes(1);

    // Of a tenant with one datacenter nobody else is reached. Who mends a resolver needs less.
    private static readonly TimeSpan LongestDoubt = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, long> reached = new(StringComparer.OrdinalIgnoreCase), failing = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>There is no name, or no way, to go by.</summary>
    public static bool IsMissing(Exception e)
    {
        for (var cause = e; cause is not null; cause = cause.InnerException)
            if (cause is SocketException { SocketErrorCode: SocketError.TryAgain or SocketError.NetworkUnreachable or SocketError.NetworkDown or SocketError.AddressNotAvailable }) return true;
        return false;
    }

    /// <summary>A datacenter's cluster has answered.</summary>
    public void Reached(string provider)
    {
        reached[provider] = clock.GetTimestamp();
        failing.TryRemove(provider, out _);
    }

    /// <summary>There was no way to a datacenter: whether that may be this side's doing. Not once others are reached meanwhile, and not for ever.</summary>
    public bool MayBeOurs(string provider)
    {
        var since = failing.GetOrAdd(provider, _ => clock.GetTimestamp());
        return clock.GetElapsedTime(since) < LongestDoubt
            && !reached.Any(other => !string.Equals(other.Key, provider, StringComparison.OrdinalIgnoreCase) && other.Value > since && clock.GetElapsedTime(other.Value) < Lately);
    }
}
