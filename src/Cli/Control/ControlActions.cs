using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Doppel.Backends;
using Doppel.Backends.Keys;
using Doppel.Backends.Picture;
using Doppel.Cli.Media;
using Doppel.Cli.Reporting;
using Doppel.Host;
using Doppel.Machine;
using Doppel.Machine.Boot;

namespace Doppel.Cli.Control;

/// <summary>
/// What can be asked of a running machine. A request is a line of words; what has to be done while the guest stands still is done on the machine's
/// thread. docs/guide/control.md says what each does.
/// </summary>
internal sealed class ControlActions
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_keyPace = TimeSpan.FromMilliseconds(15);

    private readonly VirtualMachine _machine;
    private readonly string _name;
    private readonly MediaShelf _media;
    private readonly CancellationToken _stop;
    private readonly ControlPointer _pointer;
    private readonly Dictionary<string, Func<string, string>> _actions;

    /// <summary>Requests to a machine.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="name">Its name.</param>
    /// <param name="media">Where media are opened.</param>
    /// <param name="quit">Ends the run.</param>
    /// <param name="stop">Cancelled when the machine has ended.</param>
    internal ControlActions(VirtualMachine machine, string name, MediaShelf media, Action quit, CancellationToken stop)
    {
        _machine = machine;
        _name = name;
        _media = media;
        _stop = stop;
        _pointer = new ControlPointer(machine);
        _actions = new Dictionary<string, Func<string, string>>(StringComparer.Ordinal)
        {
            ["status"] = None(() => Ask(StatusText)),
            ["screen"] = None(() => Ask(machine => ControlScreen.Text(machine.Screen))),
            ["screenshot"] = path => Screenshot(path),
            ["send-key"] = SendKeys,
            ["type"] = Type,
            ["mouse"] = _pointer.Do,
            ["change-medium"] = ChangeMedium,
            ["eject"] = Eject,
            ["reset"] = None(() => Ask(machine => Done(machine.Reset))),
            ["power-down"] = None(() => Ask(machine => Done(machine.PressPowerButton))),
            ["pause"] = None(() => Done(() => _machine.IsPaused = true)),
            ["resume"] = None(() => Done(() => _machine.IsPaused = false)),
            ["snapshot"] = path => Ask(machine => Done(() => machine.SaveSnapshot(Absolute(path)))),
            ["quit"] = None(() => Done(quit)),
        };
    }

    /// <summary>Does a request.</summary>
    /// <returns>"ok", and what was asked for on further lines; or "error" and why.</returns>
    internal string Do(string line)
    {
        (string verb, string rest) = line.Split(' ', 2) is [var first, var more] ? (first, more) : (line, string.Empty);
        try
        {
            string found = _actions.TryGetValue(verb, out Func<string, string>? action)
                ? action(rest)
                : throw new ControlException($"there is no request \"{Printable.Line(verb)}\"{Suggestion.For(verb, _actions.Keys)} (requests: {string.Join(", ", _actions.Keys)})");
            return found.Length == 0 ? "ok" : "ok\n" + found.TrimEnd('\n');
        }
        catch (Exception e) when (e is ControlException or CliException or HostException or BootException or IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return "error " + Printable.Line(e.Message);
        }
    }

    private static Func<string, string> None(Func<string> action) =>
        rest => rest.Length == 0 ? action() : throw new ControlException($"nothing can follow: \"{Printable.Line(rest)}\"");

    private static string Done(Action action)
    {
        action();
        return string.Empty;
    }

    private static string Absolute(string path) =>
        Path.IsPathFullyQualified(path) ? path : throw new ControlException("name a file, from the root: \"/tmp/file\"");

    private string StatusText(VirtualMachine machine) => JsonText.Write(indented: false, json =>
    {
        json.WriteStartObject();
        json.WriteString("name", _name);
        json.WriteNumber("process", Environment.ProcessId);
        json.WriteString("state", machine.IsPaused ? "paused" : "running");
        json.WriteString("engine", machine.Engine.Name);
        json.WriteString("cpu", machine.Spec.CpuModel);
        json.WriteNumber("processors", machine.Spec.Cpus);
        json.WriteNumber("memory", machine.Spec.MemoryBytes);
        json.WriteNumber("instructions", machine.RetiredInstructions);
        json.WriteNumber("guestSeconds", Math.Round(machine.Now.Nanoseconds / 1e9, 6));
        json.WriteNumber("resets", machine.ResetCount);
        ControlScreen.Describe(machine.Screen, json);
        json.WriteStartArray("drives");
        foreach (IRemovableDrive drive in machine.Drives)
        {
            json.WriteStartObject();
            json.WriteString("name", drive.DriveName);
            json.WriteString("medium", drive.Medium?.Description);
            json.WriteBoolean("locked", drive.IsLocked);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    private string Screenshot(string path)
    {
        string target = Absolute(path);
        ScreenPicture picture = Ask(machine => ControlScreen.Picture(machine.Screen));
        using ReplacedFile file = new(target);
        RandomAccess.Write(file.Handle, PngPicture.ToArray(picture), 0);
        file.Commit();

        return string.Empty;
    }

    private string SendKeys(string names)
    {
        string[] words = names.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0)
        {
            throw new ControlException("name keys, such as: send-key ctrl-alt-delete");
        }

        List<KeyEvent> all = [];
        foreach (string word in words)
        {
            all.AddRange(KeyNames.TryChord(word, out IReadOnlyList<KeyEvent> events, out string unknown)
                ? events
                : throw new ControlException($"no key is called \"{Printable.Line(unknown)}\"{Suggestion.For(unknown, KeyNames.All)}; such as ret, f1, ctrl-alt-delete"));
        }

        return Press(all);
    }

    private string Type(string text) =>
        KeyTyping.TryType(Encoding.UTF8.GetString(EscapedText.Read(text, string.Empty)), out IReadOnlyList<KeyEvent> events, out char inTheWay)
            ? Press(events)
            : throw new ControlException($"no key of a US keyboard types \"{Printable.Line(inTheWay.ToString())}\"");

    // Guests poll, debounce or drop what comes faster than a person types.
    private string Press(IReadOnlyList<KeyEvent> events)
    {
        foreach (KeyEvent key in events)
        {
            _machine.Input.Key(key.Key, key.IsDown);
            _ = _stop.WaitHandle.WaitOne(s_keyPace);
        }

        return string.Empty;
    }

    private string ChangeMedium(string words)
    {
        string[] parts = words.Split(' ', 2);
        if (parts.Length != 2 || parts[1].Length == 0)
        {
            throw new ControlException("say which drive and which image: change-medium cdrom0 /path/image.iso");
        }

        DriveOption option = DriveOption.Parse(parts[0], parts[1], mayBeEmpty: false);
        _ = Absolute(option.Path!);
        bool isFloppy = Ask(machine => Find(machine, parts[0]).DriveName).StartsWith("floppy", StringComparison.Ordinal);
        IBlockBackend medium = _media.Open(parts[0], option, isFloppy ? DriveKind.Floppy : DriveKind.IdeCdrom)!;
        return Replace(parts[0], medium, force: false);
    }

    private string Eject(string words)
    {
        bool force = words.EndsWith(" force", StringComparison.Ordinal);
        return Replace(force ? words[..^6] : words, null, force);
    }

    private string Replace(string drive, IBlockBackend? medium, bool force)
    {
        IBlockBackend? old;
        try
        {
            old = Ask(machine =>
            {
                IRemovableDrive found = Find(machine, drive);
                if (found.IsLocked && !force)
                {
                    throw new ControlException($"the guest has locked {drive}; \"eject {drive} force\" takes the medium out all the same");
                }

                IBlockBackend? before = found.Medium;
                machine.ChangeMedium(found, medium);
                return before;
            });
        }
        catch
        {
            _media.Close(medium);
            throw;
        }

        _media.Close(old);
        return string.Empty;
    }

    private static IRemovableDrive Find(VirtualMachine machine, string name) => machine.Drives.FirstOrDefault(drive => drive.DriveName == name)
        ?? throw new ControlException(machine.Drives.Count == 0
            ? "this machine has no drive whose medium can be changed"
            : $"there is no drive \"{Printable.Line(name)}\" (drives: {string.Join(", ", machine.Drives.Select(drive => drive.DriveName))})");

    private T Ask<T>(Func<VirtualMachine, T> question)
    {
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _machine.Post(machine =>
        {
            try
            {
                done.TrySetResult(question(machine));
            }
            catch (Exception e)
            {
                done.TrySetException(e);
            }
        });
        try
        {
            return done.Task.WaitAsync(Patience, _stop).GetAwaiter().GetResult();
        }
        catch (TimeoutException)
        {
            throw new ControlException("the machine does not answer");
        }
        catch (OperationCanceledException)
        {
            throw new ControlException("the machine has ended");
        }
    }
}
