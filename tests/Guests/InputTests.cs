using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using Doppel.Backends;
using Doppel.Backends.Keys;
using Doppel.Machine;

namespace Doppel.Guests.Tests;

/// <summary>Linux's own drivers find the keyboard and the mouse, and understand what a person does with them.</summary>
public sealed class InputTests
{
    [Fact]
    public void What_is_typed_arrives_at_the_first_terminal()
    {
        using GuestSession session = GuestSession.Boot("debian");
        Assert.Contains("AT Translated Set 2 keyboard", session.Command("cat /proc/bus/input/devices"), StringComparison.Ordinal);
        session.Type("head -n 3 </dev/tty1 | tr a-z A-Z\n").Expect("A-Z\r\n");
        const string Text = "It's 100% {fine}: [a] <b> \"c\" ~/x_y-z|w & more?";
        Press(session.Input, Text + "\n");

        // A key that is held repeats, and stops when it is released.
        session.Input.Key(new KeyCode(0x2D), isDown: true);
        Thread.Sleep(1500);
        session.Input.Key(new KeyCode(0x2D), isDown: false);
        Press(session.Input, "\nend\n");
        session.Expect(Text.ToUpperInvariant()).Expect("XXXX").Expect("END");
    }

    [Fact]
    public void Psmouse_finds_five_buttons_and_a_wheel()
    {
        string folder = Shared("linux/i386");
        using GuestSession session = GuestSession.StartMachine(new MachineSpec
        {
            KernelPath = Path.Combine(folder, "vmlinuz"),
            InitrdPath = Path.Combine(folder, "initrd.gz"),
            CommandLine = "console=ttyS0 quiet",
            HasDisplay = true,
        });
        session.AwaitPrompt();
        string devices = session.Command("cat /proc/bus/input/devices");
        Assert.Contains("ImExPS/2 Generic Explorer Mouse", devices, StringComparison.Ordinal);
        Assert.Contains("AT Translated Set 2 keyboard", devices, StringComparison.Ordinal);
        Assert.DoesNotContain("lost sync", session.Command("dmesg | grep -i mouse"), StringComparison.Ordinal);

        // The kernel's own three-byte packets: buttons, right, up.
        session.Type("dd if=/dev/input/mice bs=3 count=4 2>/dev/null | od -An -tx1 -v -w3\n").Expect("-w3\r\n");
        Thread.Sleep(500);
        session.Input.Pointer(5, 3, 0, PointerButtons.None);
        Thread.Sleep(200);
        session.Input.Pointer(0, 0, 0, PointerButtons.Left);
        session.Input.Pointer(0, 0, 0, PointerButtons.None);
        Thread.Sleep(200);
        session.Input.Pointer(-7, 0, 1, PointerButtons.Right);
        session.Expect("28 05 fd").Expect("09 00 00").Expect("08 00 00").Expect("1a f9 00");
    }

    private static void Press(IInputSink keyboard, string text)
    {
        Assert.True(KeyTyping.TryType(text, out IReadOnlyList<KeyEvent> events, out _));
        foreach (KeyEvent one in events)
        {
            keyboard.Key(one.Key, one.IsDown);
        }
    }

    private static string Shared(string guest)
    {
        string root = Environment.GetEnvironmentVariable("DOPPEL_SHARED") is { Length: > 0 } named ? named : string.Empty;
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); root.Length == 0 && at is not null; at = at.Parent)
        {
            string candidate = Path.Combine(at.FullName, "..", "shared");
            root = Directory.Exists(Path.Combine(candidate, "guests")) ? candidate : root;
        }

        string folder = Path.Combine(root, "guests", guest);
        Assert.SkipUnless(root.Length != 0 && Directory.Exists(folder), $"no shared/guests/{guest} beside the checkout, and DOPPEL_SHARED does not name the folder");
        return folder;
    }
}
