using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Definitions;

/// <summary>Structural schemas from classes.</summary>
internal static class SchemaBuilder
{
    private const string Preserve = "x-kubernetes-preserve-unknown-fields";

    private static readonly Dictionary<Type, (string Type, string? Format)> Scalars = new()
    {
        [typeof(string)] = ("string", null),
        [typeof(bool)] = ("boolean", null),
        [typeof(byte)] = ("integer", "int32"),
        [typeof(short)] = ("integer", "int32"),
        [typeof(ushort)] = ("integer", "int32"),
        [typeof(int)] = ("integer", "int32"),
        [typeof(uint)] = ("integer", "int64"),
        [typeof(long)] = ("integer", "int64"),
        [typeof(float)] = ("number", "float"),
        [typeof(double)] = ("number", "double"),
        [typeof(decimal)] = ("number", null),
        [typeof(DateTimeOffset)] = ("string", "date-time"),
        [typeof(DateTime)] = ("string", "date-time"),
        [typeof(DateOnly)] = ("string", "date"),
        [typeof(Guid)] = ("string", "uuid"),
        [typeof(Uri)] = ("string", "uri"),
        [typeof(byte[])] = ("string", "byte"),
    };

    /// <summary>The schema of a whole entity.</summary>
    public static JsonObject Root(Type type)
    {
        var root = Class(type, []);
        var properties = root["properties"]!.AsObject();
        properties["apiVersion"] = new JsonObject { ["type"] = "string" };
        properties["kind"] = new JsonObject { ["type"] = "string" };
        properties["metadata"] = new JsonObject { ["type"] = "object" };
        root["properties"] = Sorted(properties);
        return root;
    }

    /// <summary>The schema of one property.</summary>
    public static JsonObject Property(PropertyInfo property, IReadOnlyList<Type> path)
    {
        try
        {
            var schema = property.IsDefined(typeof(EmbeddedResourceAttribute)) ? Embedded() : Of(property.PropertyType, path);
            SchemaDecorator.Apply(schema, property);
            return schema;
        }
        catch (NotSupportedException failure)
        {
            throw new InvalidOperationException($"{property.DeclaringType!.Name}.{property.Name}: {failure.Message}", failure);
        }
    }

    private static JsonObject Of(Type declared, IReadOnlyList<Type> path)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        if (Scalars.TryGetValue(type, out var scalar))
        {
            return Scalar(type, scalar.Type, scalar.Format);
        }

        if (type.IsEnum)
        {
            return Enumeration(type);
        }

        return Special(type) ?? Collection(type, path) ?? (IsClass(type)
            ? Class(type, path)
            : throw new NotSupportedException($"{type.Name} has no place in a schema: use a string with [Pattern], or a type that JSON numbers can hold exactly."));
    }

    private static JsonObject Scalar(Type type, string name, string? format)
    {
        var schema = new JsonObject();
        if (format is not null)
        {
            schema["format"] = format;
        }

        if (type == typeof(uint) || type == typeof(byte) || type == typeof(ushort))
        {
            schema["minimum"] = 0;
        }

        schema["type"] = name;
        return schema;
    }

    private static JsonObject? Special(Type type)
    {
        if (type == typeof(TimeSpan))
        {
            // As the serializer writes it.
            return new JsonObject { ["pattern"] = @"^-?(\d+\.)?\d{2}:\d{2}:\d{2}(\.\d{1,7})?$", ["type"] = "string" };
        }

        if (type == typeof(IntOrString))
        {
            return new JsonObject { ["anyOf"] = new JsonArray(Kind("integer"), Kind("string")), ["x-kubernetes-int-or-string"] = true };
        }

        if (type == typeof(JsonObject) || type == typeof(V1ObjectMeta))
        {
            return new JsonObject { ["type"] = "object", [Preserve] = true };
        }

        if (type == typeof(JsonArray))
        {
            return new JsonObject { ["items"] = new JsonObject { [Preserve] = true }, ["type"] = "array" };
        }

        var anything = type == typeof(JsonNode) || type == typeof(JsonElement) || type == typeof(object);
        return anything ? new JsonObject { [Preserve] = true } : typeof(IKubernetesObject).IsAssignableFrom(type) ? Embedded() : null;
    }

    private static JsonObject? Collection(Type type, IReadOnlyList<Type> path)
    {
        var shapes = type.GetInterfaces().Append(type).Where(shape => shape.IsGenericType).ToArray();
        Type? Argument(int index, params Type[] open) => shapes.FirstOrDefault(shape => open.Contains(shape.GetGenericTypeDefinition()))?.GetGenericArguments()[index];
        if (Argument(0, typeof(IDictionary<,>), typeof(IReadOnlyDictionary<,>)) is { } key)
        {
            return key == typeof(string)
                ? new JsonObject { ["additionalProperties"] = Of(Argument(1, typeof(IDictionary<,>), typeof(IReadOnlyDictionary<,>))!, path), ["type"] = "object" }
                : throw new NotSupportedException($"keys of a map are strings, not {key.Name}.");
        }

        return Argument(0, typeof(IEnumerable<>)) is { } item
            ? new JsonObject { ["items"] = Of(item, path), ["type"] = "array" }
            : typeof(IEnumerable).IsAssignableFrom(type) ? throw new NotSupportedException("a list needs the type of its items.") : null;
    }

    private static JsonObject Class(Type type, IReadOnlyList<Type> path)
    {
        if (path.Contains(type))
        {
            throw new NotSupportedException($"{type.Name} contains itself, which a schema cannot say: use JsonObject there.");
        }

        var below = path.Append(type).ToArray();
        var members = SchemaProperty.Of(type);
        var schema = new JsonObject();
        SchemaDecorator.Describe(schema, type);
        schema["properties"] = Sorted(members.Select(member => KeyValuePair.Create(member.Name, (JsonNode?)Property(member.Info, below))));
        var required = members.Where(member => member.Required).Select(member => member.Name).Order(StringComparer.Ordinal).ToArray();
        if (required.Length > 0)
        {
            schema["required"] = new JsonArray([.. required.Select(name => (JsonNode)name)]);
        }

        schema["type"] = "object";
        SchemaDecorator.Rules(schema, type.GetCustomAttributes<ValidationRuleAttribute>(inherit: false));
        if (type.IsDefined(typeof(PreserveUnknownFieldsAttribute)))
        {
            schema[Preserve] = true;
        }

        return schema;
    }

    private static JsonObject Enumeration(Type type)
    {
        var names = type.GetFields(BindingFlags.Public | BindingFlags.Static)
            .OrderBy(field => field.MetadataToken)
            .Select(field => field.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? field.Name);
        var schema = new JsonObject();
        SchemaDecorator.Describe(schema, type);
        schema["enum"] = new JsonArray([.. names.Select(name => (JsonNode)name)]);
        schema["type"] = "string";
        return schema;
    }

    private static JsonObject Embedded() => new() { ["type"] = "object", ["x-kubernetes-embedded-resource"] = true, [Preserve] = true };

    private static JsonObject Kind(string type) => new() { ["type"] = type };

    // Framework types would drag their insides into the schema.
    private static bool IsClass(Type type) =>
        (type.IsClass || (type.IsValueType && !type.IsPrimitive)) && type.Namespace?.StartsWith("System", StringComparison.Ordinal) != true;

    private static JsonObject Sorted(IEnumerable<KeyValuePair<string, JsonNode?>> properties) =>
        new(properties.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => KeyValuePair.Create(entry.Key, entry.Value?.DeepClone())));
}
