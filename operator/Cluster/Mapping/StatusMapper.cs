using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Cluster.Entities;
using Federation.Domain.Exports;
using Federation.Domain.Hostnames;
using Federation.Domain.Leases;
using Federation.Domain.Usage;
using Federation.Domain.Workloads;
using Federation.Kubernetes.Models;

namespace Federation.Cluster.Mapping;

/// <summary>Status of a lease to the object's status and back. Nothing is lost on the way: usage is billed from what is read back.</summary>
internal static class StatusMapper
{
    /// <param name="before">Conditions as they stand: one that did not turn keeps its time.</param>
    public static ComputeLeaseStatus ToEntity(LeaseStatus status, IReadOnlyList<ConditionEntry> before, DateTimeOffset now) => new()
    {
        ObservedGeneration = status.ObservedGeneration,
        Phase = status.Phase.ToString(),
        Conditions = ConditionMapper.ToEntity(status.Conditions, before, status.ObservedGeneration, now),
        Endpoints = [.. status.Endpoints.Select(e => new EndpointStatus { Service = e.Service, Port = e.Port, Url = e.Url, Exposed = e.IsExposed ? true : null })],
        Placement = new SortedDictionary<string, string>(status.Placement.ToDictionary(), StringComparer.Ordinal),
        Usage = status.Usage is { } usage ? UsageMapper.ToEntity(usage) : null,
        Holdings = [.. status.Holdings.Select(UsageMapper.ToEntity)],
        Results = status.Results is { } results ? ResultMapper.ToEntity(results) : null,
        Post = status.Post is { } post ? ResultMapper.ToEntity(post) : null,
        Images = status.Images is { } images ? ToEntity(images) : null,
        Hostnames = status.Hostnames.Count == 0 ? null : [.. status.Hostnames.Select(ToEntity)],
        Exports = status.Exports.Count == 0 ? null : [.. status.Exports.Select(ToEntity)],
        Settlement = new SettlementStatus { Seq = status.SettledSeq, Evidence = status.UsageEvidence.Length == 0 ? null : status.UsageEvidence, UsageIsFinal = status.UsageIsFinal, Window = status.UsageWindow == 0 ? null : status.UsageWindow },
        Escrow = status.Money is { } money ? ToEscrow(money) : null,
        Chain = status.Chain is { } chain ? ToEntity(chain) : null,
        Suspension = status.Suspension is { } suspension ? ToEntity(suspension) : null,
        Downtime = status.Downtime is { } downtime ? new DowntimeStatus { BeforeMs = downtime.BeforeMs, SinceMs = downtime.SinceMs, Down = downtime.Down, Of = downtime.Of } : null,
        HasStarted = status.HasStarted ? true : null,
        StartingSince = status.StartingSince == 0 ? null : UnixTime.ToText(status.StartingSince),
        RetainedUntil = status.RetainedUntil == 0 ? null : UnixTime.ToText(status.RetainedUntil),
        StoppedAtMs = status.StoppedAtMs,
        ClosedAtMs = status.ClosedAtMs,
    };

    /// <exception cref="FormatException">Not what this operator writes. Usage must not start from nothing then.</exception>
    /// <exception cref="OverflowException">A number is larger than this operator writes, or negative.</exception>
    public static LeaseStatus FromEntity(ComputeLeaseStatus status) => new(
        status.ObservedGeneration,
        Enum.TryParse<LeasePhase>(status.Phase, out var phase) ? phase : LeasePhase.Reserved,
        ConditionMapper.FromEntity(status.Conditions),
        [.. status.Endpoints.Select(e => new LeaseEndpoint(e.Service, e.Port, e.Url) { IsExposed = e.Exposed == true })],
        status.Placement,
        status.Usage is { } usage ? UsageMapper.FromEntity(usage) : null,
        status.Settlement?.Evidence ?? "",
        checked((uint)(status.Settlement?.Seq ?? 0)),
        status.Escrow is { } escrow ? FromEscrow(escrow) : null,
        status.StoppedAtMs,
        status.Settlement?.UsageIsFinal ?? false,
        status.ClosedAtMs)
    {
        Holdings = [.. status.Holdings.Select(UsageMapper.FromEntity)],
        UsageWindow = status.Settlement?.Window ?? 0,
        Results = status.Results is { } results ? ResultMapper.FromEntity(results) : null,
        Post = status.Post is { } post ? ResultMapper.FromEntity(post) : null,
        Hostnames = [.. (status.Hostnames ?? []).Select(h => new HostnameClaim(h.Hostname, h.Service, h.Port, h.Url, h.HeldSinceMs, h.Reason, h.Message ?? ""))],
        Exports = [.. (status.Exports ?? []).Select(FromEntity)],
        Chain = status.Chain is { } chain ? FromEntity(chain) : null,
        Suspension = status.Suspension is { } suspension ? FromEntity(suspension) : null,
        Downtime = status.Downtime is { } downtime ? FromEntity(downtime) : null,
        HasStarted = status.HasStarted == true,
        StartingSince = UnixTime.FromText(status.StartingSince ?? ""),
        RetainedUntil = UnixTime.FromText(status.RetainedUntil ?? ""),
        Images = status.Images is { } images ? new ImagePins(images.SpecHash, images.Pins.DistinctBy(p => p.Image).ToDictionary(p => p.Image, p => p.Digest)) : null,
    };

    /// <summary>True when both say the same, whenever it was said.</summary>
    public static bool Same(LeaseStatus left, LeaseStatus right) =>
        JsonNode.DeepEquals(ToJson(ToEntity(left, [], default)), ToJson(ToEntity(right, [], default)));

    /// <summary>The same for two that say the same, whenever it was said.</summary>
    public static byte[] Digest(LeaseStatus status) => SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(ToEntity(status, [], default), KubernetesJson.Options));

    public static JsonNode ToJson(ComputeLeaseStatus status) => JsonSerializer.SerializeToNode(status, KubernetesJson.Options)!;

    private static Downtime FromEntity(DowntimeStatus downtime) => downtime is { BeforeMs: >= 0, SinceMs: >= 0, Down: >= 0 } && downtime.Down <= downtime.Of
        ? new Downtime(downtime.BeforeMs, downtime.SinceMs, downtime.Down, downtime.Of)
        : throw new FormatException($"status.downtime is not what this operator writes: {downtime}.");

    private static LastChainStatus ToEntity(ChainMemory chain) => new()
    {
        State = chain.State.ToString(),
        Reason = chain.Reason == CloseReason.None ? null : chain.Reason.ToString(),
        ActivatedAt = chain.ActivatedAt == 0 ? null : UnixTime.ToText(chain.ActivatedAt),
        SettledThrough = chain.Through == 0 ? null : UnixTime.ToText(chain.Through),
        EndsAt = chain.EndsAt == 0 ? null : UnixTime.ToText(chain.EndsAt),
        DueOffset = chain.DueOffset.IsZero ? null : ChainMapper.Text(chain.DueOffset),
        CapOffset = chain.CapOffset.IsZero ? null : ChainMapper.Text(chain.CapOffset),
    };

    private static ChainMemory FromEntity(LastChainStatus chain) =>
        new(Enum.Parse<LeaseState>(chain.State), chain.Reason is { } reason ? Enum.Parse<CloseReason>(reason) : CloseReason.None, UnixTime.FromText(chain.ActivatedAt ?? ""), UnixTime.FromText(chain.SettledThrough ?? ""), UnixTime.FromText(chain.EndsAt ?? ""))
        {
            DueOffset = ChainMapper.Number(chain.DueOffset ?? "0"), CapOffset = ChainMapper.Number(chain.CapOffset ?? "0"),
        };

    private static SuspensionStatus ToEntity(Suspension suspension) => new()
    {
        Since = UnixTime.ToText(suspension.Since),
        Until = UnixTime.ToText(suspension.Until),
        StoppedAtMs = suspension.StoppedAtMs,
        EndedAtMs = suspension.EndedAtMs,
        Volumes = [.. suspension.Volumes.Select(v => new KeptVolumeStatus { Uid = v.Uid, MiB = v.MiB })],
    };

    private static Suspension FromEntity(SuspensionStatus suspension) => new(
        UnixTime.FromText(suspension.Since), UnixTime.FromText(suspension.Until), suspension.StoppedAtMs, suspension.EndedAtMs,
        [.. suspension.Volumes.Select(v => new KeptVolume(v.Uid, checked((uint)v.MiB)))]);

    private static ImagesStatus ToEntity(ImagePins images) => new()
    {
        SpecHash = images.SpecHash,
        Pins = [.. images.Digests.OrderBy(d => d.Key, StringComparer.Ordinal).Select(d => new ImageStatus { Image = d.Key, Digest = d.Value })],
    };

    private static HostnameStatus ToEntity(HostnameClaim claim) => new()
    {
        Hostname = claim.Name,
        Service = claim.Service,
        Port = claim.Port,
        Url = claim.Url,
        HeldSinceMs = claim.HeldSinceMs,
        Reason = claim.Reason,
        Message = claim.Message.Length == 0 ? null : claim.Message,
    };

    private static VolumeExportStatus ToEntity(VolumeExport export) => new()
    {
        Volume = export.Volume,
        Secret = export.Secret,
        ExportedAt = export.EndedAt,
        Digest = export.Sent?.Digest,
        Size = export.Sent?.Size.ToString(CultureInfo.InvariantCulture),
        Signature = export.Signature.Length == 0 ? null : export.Signature,
        Problem = export.Problem.Length == 0 ? null : export.Problem,
        Failures = export.Failures == 0 ? null : export.Failures,
        Outdated = export.IsOutdated ? true : null,
    };

    private static VolumeExport FromEntity(VolumeExportStatus export) => new(export.Volume, export.Secret, export.ExportedAt)
    {
        Sent = export.Digest is { } digest ? new SentBytes(digest, ulong.Parse(export.Size ?? "", NumberStyles.None, CultureInfo.InvariantCulture)) : null,
        Signature = export.Signature ?? "",
        Problem = export.Problem ?? "",
        Failures = checked((int)(export.Failures ?? 0)),
        IsOutdated = export.Outdated == true,
    };

    private static EscrowStatus ToEscrow(LeaseMoney money) => new()
    {
        Held = ChainMapper.Text(money.Escrow),
        Claimed = ChainMapper.Text(money.Claimed),
        Pending = ChainMapper.Text(money.Pending),
        Frozen = ChainMapper.Text(money.Frozen),
        Paid = ChainMapper.Text(money.Paid),
        Accrued = ChainMapper.Text(money.Accrued),
        ClosingReserve = ChainMapper.Text(money.ClosingReserve),
        ExpectedEnd = money.ExpectedEnd == 0 ? null : UnixTime.ToText(money.ExpectedEnd),
    };

    private static LeaseMoney FromEscrow(EscrowStatus escrow) => new(
        ChainMapper.Number(escrow.Held), ChainMapper.Number(escrow.Claimed), ChainMapper.Number(escrow.Pending), ChainMapper.Number(escrow.Frozen),
        ChainMapper.Number(escrow.Paid), ChainMapper.Number(escrow.Accrued), ChainMapper.Number(escrow.ClosingReserve), UnixTime.FromText(escrow.ExpectedEnd ?? ""));
}
