using System.Buffers;
using System.Numerics;
using Federation.Application.Ports;
using Federation.Domain.Pricing;

namespace Federation.Gateway.Wire;

/// <param name="Path">JSON path from the body's root, e.g. <c>$.resources.gpuA.classHash</c>.</param>
public sealed record InputFault(string Path, string Problem);

/// <summary>What the JSON types do not say of a Request: forms of addresses and hashes, widths of the contract's fields.</summary>
internal static class RequestRules
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");
    private const long MaxTime = (1L << 40) - 1;
    private static readonly BigInteger Max96 = (BigInteger.One << 96) - 1;
    private static readonly BigInteger Max256 = (BigInteger.One << 256) - 1;

    /// <summary>The first fault; null when there is none.</summary>
    public static InputFault? Check(RequestTerms request) =>
        Texts(request).Concat(Amounts(request)).Concat(Facts(request)).FirstOrDefault(f => f is not null);

    private static IEnumerable<InputFault?> Texts(RequestTerms r) =>
    [
        Hex("$.tenant", r.Tenant, 20), Hex("$.sponsor", r.Sponsor, 20), Hex("$.token", r.Token, 20), Hex("$.provider", r.Provider, 20),
        Hex("$.specHash", r.SpecHash, 32), Hex("$.auditor", r.Auditor, 20), Hex("$.arbiter", r.Arbiter, 20), Hex("$.app", r.App, 32),
        Gpu("$.resources.gpuA", r.Resources.GpuA), Gpu("$.resources.gpuB", r.Resources.GpuB),
    ];

    private static IEnumerable<InputFault?> Amounts(RequestTerms r) =>
    [
        AtMost("$.maxPrices.cpu", r.MaxPrices.Cpu, Max96), AtMost("$.maxPrices.memory", r.MaxPrices.Memory, Max96),
        AtMost("$.maxPrices.storage", r.MaxPrices.Storage, Max96), AtMost("$.maxPrices.egress", r.MaxPrices.Egress, Max96),
        AtMost("$.maxPrices.gpuA", r.MaxPrices.GpuA, Max96), AtMost("$.maxPrices.gpuB", r.MaxPrices.GpuB, Max96),
        AtMost("$.maxStartFee", r.MaxStartFee, Max96), AtMost("$.maxMinCharge", r.MaxMinCharge, Max96),
        AtMost("$.maxReservationFee", r.MaxReservationFee, Max96), AtMost("$.deposit", r.Deposit, Max96),
        AtMost("$.requiredCapabilities", r.RequiredCapabilities, Max256), AtMost("$.salt", r.Salt, Max256),
    ];

    // What the contract refuses in any case is said before a node is looked at.
    private static IEnumerable<InputFault?> Facts(RequestTerms r) =>
    [
        r.ExpiresAt is < 0 or > MaxTime ? new("$.expiresAt", "must be unix seconds, 0 to 2^40 - 1") : null,
        r.Resources.CpuMilli == 0 ? new("$.resources.cpuMilli", "must be above 0") : null,
        r.Resources.MemoryMiB == 0 ? new("$.resources.memoryMiB", "must be above 0") : null,
        r.Fills == 0 ? new("$.fills", "must be above 0") : null,
        r.DurationSeconds == 0 ? new("$.durationSeconds", "must be above 0") : null,
        r.Deposit.IsZero ? new("$.deposit", "must be above 0") : null,
        r.MaxActivationSeconds == 0 ? new("$.maxActivationSeconds", "must be above 0") : null,
        r.MinDowntimeBps > 10_000 ? new("$.minDowntimeBps", "must be at most 10000") : null,
        r.MinNoticeSeconds > r.MaxNoticeSeconds ? new("$.minNoticeSeconds", "must not be above maxNoticeSeconds") : null,
    ];

    private static InputFault? Gpu(string path, GpuCount gpu) =>
        Hex($"{path}.classHash", gpu.ClassHash, 32)
        ?? (gpu.IsNone != (gpu.Count == 0) ? new(path, "class and count are both zero or both not") : null);

    private static InputFault? Hex(string path, string text, int bytes) =>
        text.Length == 2 + (2 * bytes) && text.StartsWith("0x", StringComparison.Ordinal) && text.AsSpan(2).IndexOfAnyExcept(HexDigits) < 0
            ? null
            : new(path, $"must be 0x and {2 * bytes} hex digits");

    private static InputFault? AtMost(string path, BigInteger value, BigInteger max) =>
        value <= max ? null : new(path, $"must be at most {max}");
}
