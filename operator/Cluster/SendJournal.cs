using System.Globalization;
using Federation.Application.Ports;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;

namespace Federation.Cluster;

/// <summary>
/// The sender's journal in one ConfigMap of the operator's namespace, replaced whole under the version that was read. It bears the
/// term of its writer: a leader that was asleep cannot write over what a later one has sent, and so sends nothing either.
/// </summary>
internal sealed class SendJournal(KubernetesClient client, string @namespace, long term) : ISendJournal
{
    public const string Name = "federation-journal";
    private const string TermKey = "term";
    private const string SentKey = "sent";

    private readonly ResourceClient<V1ConfigMap> maps = client.Resource<V1ConfigMap>();
    private V1ConfigMap? stored;
    private bool isRead;

    public async Task<IReadOnlyList<JournalEntry>> ReadAsync(CancellationToken cancellation)
    {
        try
        {
            var found = await maps.GetAsync(Name, @namespace, cancellation);
            CheckTerm(found);
            var entries = found?.Data is { } data ? JournalMapper.FromText(data[SentKey]) : [];
            (stored, isRead) = (found, true);
            return entries;
        }
        catch (Exception e) when (e is FormatException or KeyNotFoundException)
        {
            throw new ClusterException(
                "JournalUnreadable", $"ConfigMap {@namespace}/{Name} cannot be read: {e.Message} Delete it once none of the operator's transactions waits for a block any more.", isTransient: false, e);
        }
        catch (Exception e) when (IsOfServer(e))
        {
            throw new ClusterException("JournalUnavailable", $"ConfigMap {@namespace}/{Name} cannot be read now: {e.Message}", isTransient: true, e);
        }
    }

    public async Task WriteAsync(IReadOnlyList<JournalEntry> entries, CancellationToken cancellation)
    {
        // What another has written meanwhile has left, or may have: replaced unread, nobody would look for it any more.
        if (!isRead) throw new ClusterException("JournalUnread", $"ConfigMap {@namespace}/{Name} was written by another, or may have been: it is read before it is written again.", isTransient: true);
        try
        {
            var data = new Dictionary<string, string> { [TermKey] = term.ToString(CultureInfo.InvariantCulture), [SentKey] = JournalMapper.ToText(entries) };
            stored = stored is null
                ? await maps.CreateAsync(OperatorMap.New(Name, @namespace, data), cancellationToken: cancellation)
                : await maps.ReplaceAsync(stored with { Data = data }, cancellationToken: cancellation);
        }
        catch (Exception e) when (IsOfServer(e))
        {
            // It may have been written: what lies there is to be asked, and whose it is.
            isRead = false;
            throw new ClusterException("JournalUnwritten", $"ConfigMap {@namespace}/{Name}: {e.Message}", isTransient: true, e);
        }
    }

    private static bool IsOfServer(Exception e) => e is KubernetesException or HttpRequestException or TimeoutException or IOException;

    private void CheckTerm(V1ConfigMap? found)
    {
        if (TermOf(found) is var other && other > term) throw new ClusterException("TermOver", $"Term {other} has taken the journal over; this is term {term}.", isTransient: true);
    }

    private static long TermOf(V1ConfigMap? map) =>
        long.TryParse(map?.Data?.GetValueOrDefault(TermKey), NumberStyles.None, CultureInfo.InvariantCulture, out var found) ? found : 0;
}
