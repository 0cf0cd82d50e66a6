using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Application.Ports;
using Federation.Cluster.Entities;
using Federation.Cluster.Manifests;
using Federation.Cluster.Mapping;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Requesting;
using Federation.Domain.Workloads;
using Federation.Kubernetes.Client;

namespace Federation.Cluster.Requests;

/// <summary>Delivers as a person does, by <c>kubectl apply</c>. What a datacenter answers is anybody's: it takes no more room or time than an answer may.</summary>
public sealed class WorkloadDelivery(IClusterDoors doors, IHasher hasher, TimeProvider clock) : IWorkloadDelivery
{
    private const string FieldManager = "federation-tenant";

    // A ComputeLease is no larger than what a cluster's store takes, 1.5 MiB.
    private const int MostAnswerBytes = 4 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // Gateways take a sign-in from half a minute of their own time: who is further from the chain's is refused, and is who is wrong.
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(30);

    private readonly WayThere way = new(clock);
    private readonly ChainClock chain = new(clock);

    /// <summary>Bounds of every call to a datacenter's cluster.</summary>
    public static KubernetesClientOptions ClientOptions { get; } = new() { Timeout = Patience, MaxRetries = 1, MaxResponseBytes = MostAnswerBytes, UserAgent = FieldManager };

    private static RemoteSight Pending { get; } = new(true, false, "", false, "NamespacePending", "", []);

    /// <inheritdoc/>
    public string? FaultOf(string provider) => doors.FaultOf(provider);

    /// <inheritdoc/>
    public async Task<RemoteSight> ReadAsync(string provider, LeaseId lease, long chainTime, CancellationToken cancellation)
    {
        chain.Hear(chainTime);
        try
        {
            var found = await AskAsync(provider, (client, stop) => client.Resource<V1Alpha1ComputeLease>().GetAsync(lease.Namespace, lease.Namespace, stop), cancellation);
            way.Reached(provider);
            return found is null ? Pending : ToSight(found);
        }
        // As long as the datacenter has not made the namespace and given the tenant its rights there.
        catch (Exception e) when (e is DoorException { Fault: DoorFault.NotYet } or KubernetesException { Code: HttpStatusCode.Forbidden })
        {
            way.Reached(provider);
            return Pending;
        }
        catch (DoorException e) when (e.Fault == DoorFault.Ours || (e.Fault == DoorFault.Clock && chain.IsOffBy(ClockTolerance)))
        {
            return RemoteSight.Unasked(Said.Sentence($"The datacenter {provider} could not be asked, for a reason on this side: {e.Message}"));
        }
        catch (Exception e) when (WayThere.IsMissing(e) && !cancellation.IsCancellationRequested && way.MayBeOurs(provider))
        {
            return RemoteSight.Unasked(Said.Sentence($"The datacenter {provider} could not be asked, for a reason on this side: {e.Message} See to this cluster's resolver and its way out."));
        }
        catch (DoorException e)
        {
            return RemoteSight.Silent(Said.Sentence($"The datacenter {provider} lets nothing in: {e.Message}"));
        }
        // Whatever its answer breaks here is its doing, and hides no other datacenter.
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e)
        {
            return RemoteSight.Silent(Said.Sentence($"The datacenter {provider} does not answer: {e.Message}"));
        }
    }

    /// <inheritdoc/>
    public async Task<string?> DeliverAsync(string provider, LeaseId lease, JsonElement workload, CancellationToken cancellation)
    {
        var manifest = new JsonObject
        {
            ["apiVersion"] = $"{Names.Group}/v1alpha1",
            ["kind"] = "ComputeLease",
            ["metadata"] = new JsonObject { ["name"] = lease.Namespace, ["namespace"] = lease.Namespace },
            ["spec"] = new JsonObject { ["workload"] = JsonNode.Parse(workload.GetRawText()) },
        };
        try
        {
            await AskAsync(provider, (client, stop) => client.Resource<V1Alpha1ComputeLease>().ApplyAsync(manifest, new ApplyOptions { FieldManager = FieldManager, Force = true }, stop), cancellation);
            return null;
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            return Said.Sentence(e.Message);
        }
    }

    private RemoteSight ToSight(V1Alpha1ComputeLease lease)
    {
        var hash = lease.Spec.Workload is { } workload ? hasher.Keccak256(CanonicalJson.Encode(workload)) : "";
        var ready = lease.Status?.Conditions.FirstOrDefault(c => c.Type == "Ready");
        // Jobs that have ended serve nobody, and are what was wanted.
        var isOver = lease.Status?.Phase == "Completed";
        return new RemoteSight(
            true, true, hash, isOver || ready?.Status == "True", isOver ? "Completed" : Said.Word(ready?.Reason ?? ""), Said.Sentence(ready?.Message ?? ""), Said.Endpoints(lease.Status?.Endpoints.Select(e => e.Url) ?? []))
        {
            Usage = ToUsage(lease.Status?.Usage),
        };
    }

    // What is no number is nothing that was said.
    private static UsageVector? ToUsage(UsageStatus? usage)
    {
        try
        {
            return usage is null ? null : UsageMapper.FromEntity(usage with { Series = [], Forgotten = null }).ToVector();
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentNullException)
        {
            return null;
        }
    }

    private async Task<T> AskAsync<T>(string provider, Func<KubernetesClient, CancellationToken, Task<T>> ask, CancellationToken cancellation)
    {
        var door = await doors.OpenAsync(provider, cancellation);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var timer = clock.CreateTimer(_ => limit.Cancel(), null, Patience, Timeout.InfiniteTimeSpan);
        try
        {
            var answer = await ask(door.Client, limit.Token);
            // That there is nothing may be said by whatever stands before the cluster.
            if (answer is not null) door.Taken?.Invoke();
            return answer;
        }
        catch (KubernetesException e) when (e is { Code: HttpStatusCode.Forbidden, Reason: "Forbidden" })
        {
            // Known, and not allowed: the lease's rights come a moment after it.
            door.Taken?.Invoke();
            throw;
        }
        catch (KubernetesException e) when (e.IsUnauthorized)
        {
            throw new DoorException(door.Unauthorized, $"{e.Message} {door.Advice}", e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer within {Patience.TotalSeconds:0} s.", e);
        }
    }
}
