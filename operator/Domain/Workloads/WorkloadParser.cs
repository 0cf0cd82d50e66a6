using System.Runtime.InteropServices;
using System.Text.Json;

namespace Federation.Domain.Workloads;

/// <summary>
/// The first border that a tenant's manifest meets: strict, so that nothing is accepted that would later be dropped in silence.
/// Lists every fault, each with its path and what to write instead. What parses also has a canonical form, and what has
/// the same canonical form parses alike.
/// </summary>
public static class WorkloadParser
{
    private const int MaxDepth = 32;

    /// <param name="json">UTF-16 text of <c>spec.workload</c>.</param>
    public static WorkloadResult Parse(string json)
    {
        if (json.Length > WorkloadLimits.Bytes) return TooLong(json.Length);
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth });
            return Parse(document.RootElement);
        }
        catch (JsonException e)
        {
            return Refused($"is no JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}, or nested deeper than {MaxDepth}");
        }
        catch (ArgumentException)
        {
            return Refused("is no valid Unicode");
        }
    }

    /// <param name="workload"><c>spec.workload</c> of a ComputeLease.</param>
    public static WorkloadResult Parse(JsonElement workload)
    {
        if (workload.ValueKind == JsonValueKind.Undefined) return Refused("is missing");
        if (JsonMarshal.GetRawUtf8Value(workload).Length is var bytes && bytes > WorkloadLimits.Bytes) return TooLong(bytes);
        if (IsTooDeep(workload)) return Refused($"is nested deeper than {MaxDepth}");

        var faults = new FaultList();
        var spec = Read(new ObjectReader(workload, "", faults, "services", "jobs", "postResult"), faults);
        WorkloadChecks.Check(spec, faults);
        return new WorkloadResult(faults.IsEmpty ? spec : null, faults.ToList());
    }

    private static WorkloadSpec Read(ObjectReader root, FaultList faults) => new(
        root.List("services", WorkloadLimits.Programs, (element, path) => ServiceReader.Read(element, path, faults)),
        root.List("jobs", WorkloadLimits.Programs, (element, path) => JobReader.Read(element, path, faults)))
    {
        PostResult = root.Flag("postResult"),
    };

    // Whoever read the element may have allowed more than this parser does.
    private static bool IsTooDeep(JsonElement workload)
    {
        var reader = new Utf8JsonReader(JsonMarshal.GetRawUtf8Value(workload), new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            while (reader.Read()) { }
            return false;
        }
        catch (JsonException)
        {
            return true;
        }
    }

    private static WorkloadResult TooLong(int length) =>
        Refused($"has {length} bytes of JSON: at most {WorkloadLimits.Bytes} are allowed; put data in the image or fetch it");

    private static WorkloadResult Refused(string problem) => new(null, [new WorkloadFault("", problem)]);
}
