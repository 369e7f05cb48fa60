using System.Collections.Generic;
using Doppel.Cli.Reporting;

namespace Doppel.Cli.Guests;

/// <summary>Where guests lie, as JSON for programs.</summary>
internal static class FetchedText
{
    internal static string Json(IEnumerable<(string Name, GuestFiles Files)> guests) => JsonText.Write(indented: true, json =>
    {
        json.WriteStartArray();
        foreach ((string name, GuestFiles files) in guests)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("kernel", files.KernelPath);
            json.WriteString("initrd", files.InitrdPath);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}
