using System.Collections.Generic;
using System.Linq;
using System.Text;
using Doppel.Cli.Reporting;

namespace Doppel.Cli.Diagnosis;

/// <summary>The doctor's findings as a table for people or as JSON for programs.</summary>
internal static class FindingText
{
    internal static string Word(Standing standing) => standing switch
    {
        Standing.Works => "works",
        Standing.Limited => "limited",
        _ => "missing",
    };

    internal static string Table(IReadOnlyCollection<Finding> findings)
    {
        int width = findings.Count == 0 ? 0 : findings.Max(f => f.Name.Length);
        var text = new StringBuilder();
        foreach (Finding finding in findings)
        {
            text.Append($"{finding.Name.PadRight(width)}  {Word(finding.Standing),-7}  {finding.Detail}".TrimEnd()).Append('\n');
        }

        return text.ToString();
    }

    internal static string Json(IEnumerable<Finding> findings) => JsonText.Write(indented: true, json =>
    {
        json.WriteStartArray();
        foreach (Finding finding in findings)
        {
            json.WriteStartObject();
            json.WriteString("name", finding.Name);
            json.WriteString("standing", Word(finding.Standing));
            json.WriteString("detail", finding.Detail);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}
