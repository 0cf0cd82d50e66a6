using System.Reflection;
using System.Text.Json.Nodes;
using Federation.Kubernetes.Models;

namespace Federation.Kubernetes.Definitions;

/// <summary>What the attributes of a class or property add to its schema.</summary>
internal static class SchemaDecorator
{
    public static void Describe(JsonObject schema, MemberInfo member)
    {
        if (member.GetCustomAttribute<DescriptionAttribute>() is { } text)
        {
            schema["description"] = text.Description;
        }
    }

    public static void Apply(JsonObject schema, PropertyInfo property)
    {
        Describe(schema, property);
        Numbers(schema, property);
        // Of a list of texts each is meant.
        Texts(schema["items"] as JsonObject ?? schema, property);
        Sizes(schema, property);
        Lists(schema, property);
        if (property.GetCustomAttribute<DefaultAttribute>() is { } preset)
        {
            schema["default"] = JsonNode.Parse(preset.Json);
        }

        if (property.IsDefined(typeof(AllowsNullAttribute)))
        {
            schema["nullable"] = true;
        }

        if (property.IsDefined(typeof(PreserveUnknownFieldsAttribute)))
        {
            schema["x-kubernetes-preserve-unknown-fields"] = true;
        }

        Rules(schema, property.GetCustomAttributes<ValidationRuleAttribute>());
    }

    public static void Rules(JsonObject schema, IEnumerable<ValidationRuleAttribute> rules)
    {
        foreach (var rule in rules)
        {
            var entry = new JsonObject();
            Set(entry, "rule", rule.Rule);
            Set(entry, "message", rule.Message);
            Set(entry, "messageExpression", rule.MessageExpression);
            Set(entry, "reason", rule.Reason);
            Set(entry, "fieldPath", rule.FieldPath);
            Set(entry, "optionalOldSelf", rule.OptionalOldSelf ? true : null);
            if (schema["x-kubernetes-validations"] is not JsonArray all)
            {
                schema["x-kubernetes-validations"] = all = [];
            }

            all.Add(entry);
        }
    }

    private static void Numbers(JsonObject schema, PropertyInfo property)
    {
        if (property.GetCustomAttribute<RangeMinimumAttribute>() is { } low)
        {
            schema["minimum"] = Number(low.Minimum);
            Set(schema, "exclusiveMinimum", low.ExclusiveMinimum ? true : null);
        }

        if (property.GetCustomAttribute<RangeMaximumAttribute>() is { } high)
        {
            schema["maximum"] = Number(high.Maximum);
            Set(schema, "exclusiveMaximum", high.ExclusiveMaximum ? true : null);
        }
    }

    private static void Texts(JsonObject schema, PropertyInfo property)
    {
        Set(schema, "pattern", property.GetCustomAttribute<PatternAttribute>()?.RegexPattern);
        Set(schema, "format", property.GetCustomAttribute<FormatAttribute>()?.Format);
        if (property.GetCustomAttribute<LengthAttribute>() is { } length)
        {
            Bound(schema, "minLength", length.MinLength);
            Bound(schema, "maxLength", length.MaxLength);
        }

        Bound(schema, "maxLength", property.GetCustomAttribute<MaxLengthAttribute>()?.MaxLength ?? -1);
    }

    private static void Sizes(JsonObject schema, PropertyInfo property)
    {
        if (property.GetCustomAttribute<ItemsAttribute>() is { } items)
        {
            var isList = (string?)schema["type"] == "array";
            Bound(schema, isList ? "minItems" : "minProperties", items.MinItems);
            Bound(schema, isList ? "maxItems" : "maxProperties", items.MaxItems);
        }
    }

    private static void Lists(JsonObject schema, PropertyInfo property)
    {
        var keys = property.GetCustomAttribute<XListMapKeysAttribute>()?.Keys;
        var type = property.GetCustomAttribute<XListTypeAttribute>()?.Type ?? (keys is null ? null : ListType.Map);
        if (type is null)
        {
            return;
        }

#pragma warning disable CA1308 // The API's words are lower case.
        schema["x-kubernetes-list-type"] = type.Value.ToString().ToLowerInvariant();
#pragma warning restore CA1308
        if (type == ListType.Map)
        {
            schema["x-kubernetes-list-map-keys"] = new JsonArray([.. (keys ?? []).Select(key => (JsonNode)key)]);
            RequireKeys(schema, keys, property);
        }
    }

    // The API server refuses a map list whose keys may be missing.
    private static void RequireKeys(JsonObject schema, IReadOnlyList<string>? keys, PropertyInfo property)
    {
        var item = schema["items"] as JsonObject;
        if (keys is not { Count: > 0 } || keys.Any(key => item?["properties"]?[key] is null))
        {
            throw new NotSupportedException("a map list needs [XListMapKeys] that name properties of its items.");
        }

        var required = (item!["required"] as JsonArray ?? []).Select(name => (string)name!);
        var optional = keys.Where(key => item["properties"]![key]!["default"] is null);
        item["required"] = new JsonArray([.. required.Union(optional).Order(StringComparer.Ordinal).Select(name => (JsonNode)name)]);
    }

    private static JsonNode Number(double value) => value == Math.Floor(value) && Math.Abs(value) < 1e15 ? (long)value : value;

    private static void Bound(JsonObject schema, string name, int value)
    {
        if (value >= 0)
        {
            schema[name] = value;
        }
    }

    private static void Set(JsonObject schema, string name, JsonNode? value)
    {
        if (value is not null)
        {
            schema[name] = value;
        }
    }
}
