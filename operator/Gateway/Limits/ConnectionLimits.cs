using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using IPNetwork = System.Net.IPNetwork;

namespace Federation.Gateway.Limits;

/// <summary>
/// How many connections strangers may have open: of all, and of one address, so that nobody takes all of them. A connection costs memory
/// before it has asked for anything, and the process behind it meters and settles.
/// </summary>
/// <param name="most">Of all.</param>
/// <param name="perAddress">Of one address, or one IPv6 /64.</param>
/// <param name="trustedProxies">CIDRs of those who connect for many: they count among all alone.</param>
/// <param name="ownPort">Where the datacenter's own programs connect, who are not counted; 0: there is none.</param>
public sealed class ConnectionLimits(int most, int perAddress, IReadOnlyList<string> trustedProxies, int ownPort, TimeProvider clock, ILogger<ConnectionLimits> log)
{
    private static readonly TimeSpan BetweenLines = TimeSpan.FromMinutes(1);

    private readonly IPNetwork[] proxies = [.. trustedProxies.Select(p => IPNetwork.Parse(p))];
    private readonly Lock guard = new();
    // Who has none open takes no memory.
    private readonly Dictionary<string, int> open = new(StringComparer.Ordinal);
    private int all;
    private long? told;

    /// <summary>Goes on with those for whom there is room, and ends the others: before TLS, by which they could be told why.</summary>
    public async Task ApplyAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (ownPort > 0 && connection.LocalEndPoint is IPEndPoint here && here.Port == ownPort)
        {
            await next(connection);
            return;
        }

        var caller = KeyOf((connection.RemoteEndPoint as IPEndPoint)?.Address);
        if (!TryEnter(caller))
        {
            connection.Abort(new ConnectionAbortedException("Too many connections are open."));
            return;
        }

        try
        {
            await next(connection);
        }
        finally
        {
            Leave(caller);
        }
    }

    private string? KeyOf(IPAddress? address)
    {
        if (address is null) return "";
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return proxies.Any(p => p.Contains(address)) ? null : GatewayEndpoints.Caller(address);
    }

    /// <param name="caller">Null: a proxy.</param>
    private bool TryEnter(string? caller)
    {
        lock (guard)
        {
            var his = caller is null ? 0 : open.GetValueOrDefault(caller);
            if (all >= most || his >= perAddress)
            {
                Tell(caller ?? "a proxy", his);
                return false;
            }

            all++;
            if (caller is not null) open[caller] = his + 1;
            return true;
        }
    }

    private void Leave(string? caller)
    {
        lock (guard)
        {
            all--;
            if (caller is null) return;
            var left = open[caller] - 1;
            if (left > 0) open[caller] = left;
            else open.Remove(caller);
        }
    }

    // A line for each would be as many as a stranger likes.
    private void Tell(string caller, int his)
    {
        var now = clock.GetTimestamp();
        if (told is { } last && clock.GetElapsedTime(last, now) < BetweenLines) return;
        told = now;
        log.LogWarning(
            "A connection of {Caller} was refused: it has {Open} of {PerAddress} open, and all together {All} of {Most} (Federation:Connections). A balancer in front that shows its own address for everybody's belongs in Federation:TrustedProxies, or keeps the callers' (externalTrafficPolicy: Local).",
            caller, his, perAddress, all, most);
    }
}
