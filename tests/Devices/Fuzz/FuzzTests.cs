using System;
using System.Collections.Generic;
using Doppel.Devices.Chipset.AcpiPm;
using Doppel.Devices.Chipset.Dma;
using Doppel.Devices.Chipset.Pic;
using Doppel.Devices.Chipset.Pit;
using Doppel.Devices.Chipset.Ports;
using Doppel.Devices.Chipset.Rtc;
using Doppel.Devices.Input.Keyboard;
using Doppel.Devices.Parallel.Lpt;
using Doppel.Devices.Serial.Uart;
using Doppel.Devices.Storage.Floppy;
using Doppel.Devices.Tests.Doubles;
using Doppel.Devices.Tests.Floppy;
using Doppel.Primitives;

namespace Doppel.Devices.Tests.Fuzz;

/// <summary>What must hold for every device: hostile traffic is harmless, and a restored device behaves as the one that was saved.</summary>
public sealed class FuzzTests
{
    private static readonly Dictionary<string, Func<IDevice>> s_devices = new()
    {
        ["pit"] = () => new Pit8254Ports(),
        ["pic"] = () => new Pic8259Pair(),
        ["rtc"] = () => new RtcMc146818Ports(new CmosOptions()),
        ["acpipm"] = () => new AcpiPmPorts(new AcpiPmOptions()),
        ["resetcontrol"] = () => new ResetControlPort(),
        ["port92"] = () => new SystemControlPortA(),
        ["post"] = () => new PostCodePorts(),
        ["debugcon"] = () => new DebugConsole(new RecordingBackend()),
        ["debugexit"] = () => new DebugExit(),
        ["uart0"] = () => Uart16550APorts.Com1(new RecordingBackend()),
        ["dma"] = () => new Dma8237Pair(),
        ["fdc"] = () => new Fdc82077AaPorts(null, new FloppyDrive("floppy0", FloppyDriveType.Inch3High, new FakeMedium(1_474_560, isReadOnly: true)), null),
        ["lpt0"] = () => LptPorts.Lpt1(new RecordingBackend()),
        ["i8042"] = () => new I8042Ports(hasMouse: true),
        ["i8042-nomouse"] = () => new I8042Ports(hasMouse: false),
    };

    public static TheoryData<string> Names => [.. s_devices.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void HostileTraffic_NeverThrows(string name)
    {
        FakeSlot slot = new();
        IDevice device = slot.Plug(s_devices[name]());
        new Traffic(slot, seed: 1).Run(100_000);
        Assert.True(slot.Time.ArmedCount <= 2);
        device.Reset(ResetKind.Hard);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Restored_BehavesAsNeverStopped(string name)
    {
        for (int round = 0; round < 20; round++)
        {
            FakeSlot slot = new();
            IDevice device = slot.Plug(s_devices[name]());
            new Traffic(slot, seed: 100 + round).Run(500 + (37 * round));
            StateTape saved = StateTape.Of(device);

            FakeSlot other = new();
            IDevice twin = other.Plug(s_devices[name]());
            new Traffic(other, seed: 900 + round).Run(200);
            other.Time.Now = slot.Time.Now;
            saved.RestoreInto(twin);
            Assert.Equal(saved.Text, StateTape.Of(twin).Text);
            for (int irq = 0; irq < 16; irq++)
            {
                Assert.Equal(slot.Irq(irq).High, other.Irq(irq).High);
            }

            Traffic here = new(slot, seed: 7);
            Traffic there = new(other, seed: 7);
            here.Run(2_000);
            there.Run(2_000);
            Assert.Equal(here.Digest, there.Digest);
            Assert.Equal(StateTape.Of(device).Text, StateTape.Of(twin).Text);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Adv73_StateBounds_DamagedFieldsAreRefusedOrHarmless(string name)
    {
        FakeSlot slot = new();
        IDevice device = slot.Plug(s_devices[name]());
        new Traffic(slot, seed: 3).Run(300);
        StateTape intact = StateTape.Of(device);
        foreach (string field in new HashSet<string>(intact.Fields))
        {
            foreach (object value in new object[] { ulong.MaxValue, long.MaxValue, long.MinValue, 0UL, 0x7FUL, true, new byte[300], Array.Empty<byte>() })
            {
                StateTape damaged = StateTape.Of(device);
                if (!damaged.TryReplace(field, value))
                {
                    continue;
                }

                FakeSlot other = new();
                other.Time.Now = slot.Time.Now;
                IDevice twin = other.Plug(s_devices[name]());
                try
                {
                    damaged.RestoreInto(twin);
                }
                catch (StateFormatException)
                {
                    continue;
                }

                new Traffic(other, seed: 4).Run(200);
                other.Time.Advance(1_000_000);
            }
        }
    }
}
