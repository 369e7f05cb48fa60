using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace Doppel.Architecture.Tests;

/// <summary>docs/architecture.mmd is drawn from the project files; DOPPEL_BLESS=1 writes it.</summary>
public sealed class DrawingTests
{
    private const string Drawing = "docs/architecture.mmd";

    [Fact]
    public void The_drawing_shows_the_projects_as_they_are()
    {
        string path = Path.Combine(Repository.Root, Drawing);
        string now = Draw(Repository.SourceProjects);
        if (Environment.GetEnvironmentVariable("DOPPEL_BLESS") == "1")
        {
            File.WriteAllText(path, now);
        }

        string committed = File.Exists(path) ? File.ReadAllText(path) : "";
        Assert.True(committed == now, Drawing + " is out of date; run the architecture tests with DOPPEL_BLESS=1 and commit it. It should read:\n" + now);
    }

    [Fact]
    public void References_that_follow_from_others_are_not_drawn()
    {
        string drawing = Draw([Project("A", []), Project("B", ["Doppel.A"]), Project("C", ["Doppel.A", "Doppel.B"])]);
        Assert.Contains("C --> B", drawing, StringComparison.Ordinal);
        Assert.Contains("B --> A", drawing, StringComparison.Ordinal);
        Assert.DoesNotContain("C --> A", drawing, StringComparison.Ordinal);
    }

    private static ProjectFile Project(string name, string[] references) => new($"src/{name}/Doppel.{name}.csproj", "Doppel." + name, references, false);

    private static string Draw(IReadOnlyList<ProjectFile> projects)
    {
        Dictionary<string, ProjectFile> byName = projects.ToDictionary(project => project.Name, StringComparer.Ordinal);
        StringBuilder text = new("%% Drawn by tests/Architecture from the project files (references that follow from others are left out).\ngraph TD\n");
        foreach (ProjectFile project in projects.OrderBy(project => project.ShortName, StringComparer.Ordinal))
        {
            text.Append("  ").Append(Node(project.ShortName)).Append("[\"").Append(project.ShortName).Append("\"]\n");
            foreach (string reference in project.References.Where(reference => !FollowsFromOthers(project, reference, byName)).Order(StringComparer.Ordinal))
            {
                text.Append("  ").Append(Node(project.ShortName)).Append(" --> ").Append(Node(ProjectFile.Short(reference))).Append('\n');
            }
        }

        return text.ToString();
    }

    private static bool FollowsFromOthers(ProjectFile project, string reference, Dictionary<string, ProjectFile> byName) =>
        project.References.Any(other => other != reference && byName.TryGetValue(other, out ProjectFile? via) && Reaches(via, reference, byName));

    private static bool Reaches(ProjectFile from, string to, Dictionary<string, ProjectFile> byName) =>
        from.References.Any(next => next == to || (byName.TryGetValue(next, out ProjectFile? via) && Reaches(via, to, byName)));

    private static string Node(string name) => name.Replace('.', '_');
}
