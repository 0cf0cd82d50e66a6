using System.Reflection;
using System.Text.Json.Nodes;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Definitions;

/// <summary>The columns of <c>kubectl get</c>.</summary>
internal static class PrinterColumns
{
    public static JsonArray Of(Type type)
    {
        var columns = new JsonArray();
        Collect(type, "", columns, [type]);
        foreach (var column in type.GetCustomAttributes<GenericAdditionalPrinterColumnAttribute>(inherit: false))
        {
            columns.Add(Column(column.Name, column.Type, column.JsonPath, column.Format, column.Description, column.Priority));
        }

        return columns;
    }

    private static void Collect(Type type, string path, JsonArray columns, IReadOnlyList<Type> above)
    {
        foreach (var property in SchemaProperty.Of(type))
        {
            var place = $"{path}.{property.Name}";
            var inner = Nullable.GetUnderlyingType(property.Info.PropertyType) ?? property.Info.PropertyType;
            if (property.Info.GetCustomAttribute<AdditionalPrinterColumnAttribute>() is { } column)
            {
                var schema = SchemaBuilder.Property(property.Info, above);
                var isTime = (string?)schema["format"] == "date-time";
                var name = column.Name ?? property.Info.Name;
                var description = property.Info.GetCustomAttribute<DescriptionAttribute>()?.Description;
                columns.Add(Column(name, isTime ? "date" : (string?)schema["type"] ?? "string", place, null, description, column.Priority));
            }
            else if (inner.IsClass && inner.Assembly == above[0].Assembly && !above.Contains(inner))
            {
                Collect(inner, place, columns, [.. above, inner]);
            }
        }
    }

    private static JsonObject Column(string name, string type, string path, string? format, string? description, PrinterColumnPriority priority)
    {
        var column = new JsonObject();
        if (description is not null)
        {
            column["description"] = description;
        }

        if (format is not null)
        {
            column["format"] = format;
        }

        column["jsonPath"] = path;
        column["name"] = name;
        if (priority != PrinterColumnPriority.Default)
        {
            column["priority"] = (int)priority;
        }

        column["type"] = type;
        return column;
    }
}
