using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Kubernetes.Definitions;

namespace Federation.Cli.Output;

/// <param name="IsWide">Shown with <c>-o wide</c> alone.</param>
internal sealed record Column(string Title, bool IsWide = false);

/// <param name="Name">Without its kind.</param>
/// <param name="Object">What json and yaml show; amounts are smallest units, as text.</param>
/// <param name="Cells">For people, one for each column.</param>
internal sealed record Row(string Name, JsonObject Object, params IReadOnlyList<string> Cells);

/// <summary>Data of one kind: as a table, or as programs read it.</summary>
/// <param name="Kind">In lower case, of one: <c>lease</c>.</param>
/// <param name="IsList">Of one object json and yaml show the object itself.</param>
internal sealed record Sheet(string Kind, IReadOnlyList<Column> Columns, IReadOnlyList<Row> Rows, bool IsList = true)
{
    /// <summary>What a table says when there is nothing in it.</summary>
    public string Nothing { get; init; } = "Nothing was found.";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Data goes to standard output; that there is none is for people, and does not.</summary>
    public void Write(OutputFormat format, Surroundings here)
    {
        switch (format)
        {
            case OutputFormat.Json:
                here.Out.Write(Tree().ToJsonString(Indented) + "\n");
                break;
            case OutputFormat.Yaml:
                here.Out.Write(YamlWriter.Write(Tree()));
                break;
            case OutputFormat.Name:
                foreach (var row in Rows) here.Out.Write($"{Kind}/{row.Name}\n");
                break;
            default:
                if (Rows.Count == 0) here.Error.Write(Nothing + "\n");
                else here.Out.Write(Text(format == OutputFormat.Wide));
                break;
        }
    }

    // An object may be in a sheet that is written twice: a node has one parent.
    private JsonObject Tree() => IsList
        ? new JsonObject { ["kind"] = Kind + "List", ["items"] = new JsonArray([.. Rows.Select(r => r.Object.DeepClone())]) }
        : (JsonObject)Rows[0].Object.DeepClone();

    // As kubectl has it: three blanks between columns, none at a line's end.
    private string Text(bool isWide)
    {
        var shown = Enumerable.Range(0, Columns.Count).Where(i => isWide || !Columns[i].IsWide).ToArray();
        var lines = Rows.Select(r => r.Cells).Prepend([.. Columns.Select(c => c.Title)]).Select(l => l.Select(Printable.Line).ToArray()).ToArray();
        var widths = shown.Select(i => lines.Max(l => l[i].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var line in lines) text.Append(string.Join("   ", shown.Select((column, at) => line[column].PadRight(widths[at]))).TrimEnd()).Append('\n');
        return text.ToString();
    }
}
