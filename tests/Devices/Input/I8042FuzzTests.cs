using System;
using Doppel.Backends;
using Doppel.Devices.Input.Keyboard;
using Doppel.Devices.Tests.Doubles;

namespace Doppel.Devices.Tests.Input;

/// <summary>A guest that does anything while somebody types and moves the mouse anyhow.</summary>
public sealed class I8042FuzzTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Any_input_between_hostile_traffic_is_harmless(bool hasMouse)
    {
        FakeSlot slot = new();
        I8042Ports device = slot.Plug(new I8042Ports(hasMouse));
        Play(slot, device, seed: 1, rounds: 3_000);
        Assert.InRange(slot.Time.ArmedCount, 0, 1);
    }

    [Fact]
    public void A_restored_controller_behaves_as_one_that_was_never_stopped()
    {
        for (int round = 0; round < 20; round++)
        {
            FakeSlot slot = new();
            I8042Ports device = slot.Plug(new I8042Ports(hasMouse: true));
            Play(slot, device, seed: 50 + round, rounds: 50 + (7 * round));
            StateTape saved = StateTape.Of(device);
            FakeSlot other = new();
            I8042Ports twin = other.Plug(new I8042Ports(hasMouse: true));
            Play(other, twin, seed: 500 + round, rounds: 20);
            other.Time.Now = slot.Time.Now;
            saved.RestoreInto(twin);
            Assert.Equal(saved.Text, StateTape.Of(twin).Text);
            Assert.Equal(Play(slot, device, seed: 3, rounds: 100), Play(other, twin, seed: 3, rounds: 100));
            Assert.Equal(StateTape.Of(device).Text, StateTape.Of(twin).Text);
        }
    }

    private static ulong Play(FakeSlot slot, I8042Ports device, int seed, int rounds)
    {
        Traffic traffic = new(slot, seed);
        Random random = new(seed);
        ulong digest = 0;
        for (int i = 0; i < rounds; i++)
        {
            traffic.Run(random.Next(12));
            digest = (digest * 31) + traffic.Digest + (slot.Irq(1).High ? 1UL : 0) + (slot.Irq(12).High ? 2UL : 0);
            switch (random.Next(6))
            {
                case 0 or 1:
                    device.Press(new KeyCode((byte)random.Next(256)), random.Next(2) == 0);
                    break;
                case 2:
                    device.Move(random.Next(-300, 300), random.Next(-300, 300), random.Next(-3, 3), (PointerButtons)random.Next(256));
                    break;
                case 3:
                    device.Move(random.Next(int.MinValue, int.MaxValue), int.MinValue, int.MinValue, PointerButtons.None);
                    break;
                case 4:
                    // A driver that gets everything going, so that there is something to disturb.
                    foreach ((ushort port, byte value) in new (ushort, byte)[] { (0x64, 0x60), (0x60, 0x47), (0x64, 0xD4), (0x60, 0xF4), (0x60, 0xF4) })
                    {
                        slot.Out(port, value);
                    }

                    break;
                default:
                    slot.Time.Advance(random.Next(300_000_000));
                    break;
            }
        }

        return digest;
    }
}
