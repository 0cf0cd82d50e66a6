using System.Globalization;

namespace Federation.Domain.Placement;

/// <summary>Why a reservation has no place: the first that is true, from what nobody can change to what passes by itself.</summary>
internal sealed class Refusals(CapacityInput input, IReadOnlyList<Bin> left)
{
    public PlacementResult Why(Need need)
    {
        if (need.UnknownClass is { } hash) return Shortage.NoMatchingGpu($"with the class hash {hash}", input.Nodes);
        var chunks = ReservationChunks.Of(need);
        var shortage = Shortage.Find(chunks, input.Nodes, left);
        if (shortage?.Reason is PlacementReasons.NoNodes or PlacementReasons.NoMatchingGpu) return shortage;
        return Exceeds(chunks, need) ?? Held(need) ?? Blocked(need) ?? shortage ?? Shortage.NotEnoughPods(left);
    }

    private PlacementResult? Exceeds(PodDemand[] chunks, Need need)
    {
        NodeSnapshot[] empty = [.. input.Nodes.Select(n => n.Emptied())];
        var bins = Placer.UsableBins(empty);
        if (CapacityBook.Fits(need.Copy(), bins)) return null;
        var lacks = Shortage.Find(chunks, empty, Placer.UsableBins(empty))?.Message ?? "its nodes take too few pods";
        return Shortage.Refused(PlacementReasons.ExceedsDatacenter, $"more than this datacenter has, even with nothing on it: {lacks}");
    }

    // Quotes end by themselves: the first moment at which enough of them may have ended.
    private PlacementResult? Held(Need need)
    {
        var holds = input.Holds.OrderBy(h => h.ExpiresAt).ToArray();
        if (!FitsWithout(holds.Length)) return null;
        var (few, many) = (0, holds.Length);
        while (many - few > 1)
        {
            var half = (few + many) / 2;
            if (FitsWithout(half)) many = half;
            else few = half;
        }

        var until = DateTimeOffset.FromUnixTimeSeconds(holds[many - 1].ExpiresAt).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        return Shortage.Refused(PlacementReasons.Held, $"it would fit, but quotes of others hold it; unless they are matched it is free after {until}");

        // Only a drawing without them says what they leave: a promise that moved is not where it was made.
        bool FitsWithout(int ended) => ended > 0 && CapacityBook.Draw(input with { Holds = holds[ended..] }).Takes(need.Copy());
    }

    private PlacementResult? Blocked(Need need)
    {
        if (input.Nodes.All(n => n.Blocked is null)) return null;
        NodeSnapshot[] opened = [.. input.Nodes.Select(n => n with { Blocked = null })];
        return CapacityBook.Draw(input with { Nodes = opened }).Takes(need.Copy())
            ? Shortage.Refused(PlacementReasons.NodesBlocked, $"it would fit, but nodes that it needs may take no pods: {Shortage.Blocked(input.Nodes)}")
            : null;
    }
}
