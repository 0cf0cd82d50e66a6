using System.Text.Json;

namespace Federation.Domain.Workloads;

/// <summary>
/// Reads one JSON object strictly: each field is known, stands once, and has its type. What is wrong goes to the fault list
/// and reading goes on with a stand-in value, so that a tenant sees all faults at once.
/// </summary>
internal sealed class ObjectReader
{
    private readonly Dictionary<string, JsonElement> fields = new(StringComparer.Ordinal);
    private readonly string path;
    private readonly FaultList faults;
    private readonly bool isObject;

    public ObjectReader(JsonElement element, string path, FaultList faults, params ReadOnlySpan<string> known)
    {
        (this.path, this.faults) = (path, faults);
        isObject = element.ValueKind == JsonValueKind.Object;
        if (!isObject)
        {
            faults.Add(path, $"must be an object, not {Kind(element)}");
            return;
        }

        string[] names = [.. known];
        foreach (var member in element.EnumerateObject()) Take(member, names);
    }

    public bool Has(string name) => fields.ContainsKey(name);

    public string PathOf(string name) => path.Length == 0 ? name : $"{path}.{name}";

    public void Fault(string name, string problem) => faults.Add(PathOf(name), problem);

    /// <param name="absent">Value of a field that is not there; null when it must be.</param>
    public string Text(string name, Func<string, string?> rule, string? absent = null)
    {
        if (!Find(name, absent is not null, out var element)) return absent ?? "";
        return ReadText(element, PathOf(name), faults, rule);
    }

    /// <param name="absent">Value of a field that is not there; null when it must be.</param>
    /// <returns>0 after a fault.</returns>
    public int Whole(string name, int min, int max, int? absent = null)
    {
        if (!Find(name, absent is not null, out var element)) return absent ?? 0;

        // By its double, as its canonical form: 1, 1.0 and 1e0 have one hash and must mean one thing.
        if (element.ValueKind == JsonValueKind.Number && element.GetDouble() is var value && value == Math.Floor(value) && value >= min && value <= max)
            return (int)value;
        Fault(name, $"must be a whole number from {min} to {max}, not {Kind(element)}");
        return 0;
    }

    /// <summary>False when it is not there, and after a fault.</summary>
    public bool Flag(string name)
    {
        if (!Find(name, optional: true, out var element)) return false;
        if (element.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) Fault(name, $"must be true or false, not {Kind(element)}");
        return element.ValueKind == JsonValueKind.True;
    }

    public delegate bool QuantityParser(string text, uint max, out uint value, out string fault);

    /// <param name="absent">Value of a field that is not there; null when it must be.</param>
    public uint Amount(string name, uint max, QuantityParser parse, string? absent = null)
    {
        var text = absent ?? "";
        if (Find(name, absent is not null, out var element)) text = AmountText(element, name);
        if (text.Length == 0) return 0;
        if (!parse(text, max, out var value, out var fault)) Fault(name, fault);
        return value;
    }

    /// <summary>Items of an optional array; empty when it is not there.</summary>
    public IReadOnlyList<T> List<T>(string name, int max, Func<JsonElement, string, T> item)
    {
        if (!Find(name, optional: true, out var element)) return [];
        if (element.ValueKind != JsonValueKind.Array)
        {
            Fault(name, $"must be a list, not {Kind(element)}");
            return [];
        }

        if (element.GetArrayLength() is var length && length > max) Fault(name, $"has {length} items: at most {max} are allowed");
        return [.. element.EnumerateArray().Take(max).Select((e, i) => item(e, $"{PathOf(name)}[{i}]"))];
    }

    public IReadOnlyList<string> Texts(string name, int max, Func<string, string?> rule) =>
        List(name, max, (element, at) => ReadText(element, at, faults, rule));

    public bool Find(string name, bool optional, out JsonElement element)
    {
        if (fields.TryGetValue(name, out element)) return true;
        if (!optional && isObject) Fault(name, "is missing");
        return false;
    }

    private void Take(JsonProperty member, string[] known)
    {
        string name;
        try
        {
            name = member.Name;
        }
        catch (InvalidOperationException)
        {
            faults.Add(path, "has a field whose name is no valid Unicode");
            return;
        }

        // Ten thousand unknown fields must not each be compared with every known one.
        var isKnown = known.Contains(name, StringComparer.Ordinal);
        if (!isKnown && faults.IsFull) faults.Add(path, "");
        else if (!isKnown) faults.Add(PathOf(Shown.Clean(name)), Unknown(name, known));
        else if (!fields.TryAdd(name, member.Value)) Fault(name, "stands twice: keep one");
    }

    private static string Unknown(string name, string[] known) =>
        !known.Contains(name + 's') && ForbiddenFields.ReasonAgainst(name) is { } reason ? $"a tenant may not set it: {reason}" : NearestName.Told(name, known);

    private string AmountText(JsonElement element, string name)
    {
        if (element.ValueKind == JsonValueKind.String) return ReadText(element, PathOf(name), faults, t => t.Length == 0 ? "must not be empty" : null);
        if (element.ValueKind == JsonValueKind.Number && element.GetDouble() is var value && double.IsFinite(value)) return EcmaNumber.Format(value);
        Fault(name, $"must be a quantity such as \"500m\" or \"1Gi\", not {Kind(element)}");
        return "";
    }

    private static string ReadText(JsonElement element, string at, FaultList faults, Func<string, string?> rule)
    {
        var problem = $"must be a text, not {Kind(element)}";
        var text = "";
        if (element.ValueKind == JsonValueKind.String)
            try
            {
                text = element.GetString()!;
                problem = text.Length > WorkloadLimits.TextLength ? $"is longer than {WorkloadLimits.TextLength} characters" : rule(text);
            }
            catch (InvalidOperationException)
            {
                problem = "is no valid Unicode";
            }

        if (problem is not null) faults.Add(at, problem);
        return text;
    }

    private static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => Shown.Of(element.GetRawText()),
        JsonValueKind.Null => "null",
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => "nothing",
    };
}
