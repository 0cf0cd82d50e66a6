// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IDatacenterRegistry} from "../../../src/interfaces/IDatacenterRegistry.sol";
import {IVault} from "../../../src/interfaces/IVault.sol";
import {Funding} from "../../utils/Funding.sol";
import {ReentrantToken} from "../../utils/HostileTokens.sol";
import {RegistryFixture} from "./RegistryFixture.sol";

contract StakeTest is RegistryFixture {
    function _expectTooLarge(uint256 assets) private {
        vm.expectRevert(abi.encodeWithSelector(IDatacenterRegistry.PoolTooLarge.selector, assets));
    }

    function _expectWipedOut(address who) private {
        vm.expectRevert(
            abi.encodeWithSelector(IDatacenterRegistry.PoolWipedOut.selector, provider, address(token))
        );
        vm.prank(who);
    }

    function _wipeOut() private {
        _lockSlice(_free());
        _slash(_pool().assets, _none());
    }

    /// @dev Alice holds as much outside as a pool takes at most.
    function _enrich() private {
        token.mint(alice, type(uint96).max);
        vm.prank(alice);
        vault.deposit(address(token), alice, type(uint96).max);
    }

    function test_RevertWhen_ProviderIsNotRegistered() external {
        vm.expectRevert(abi.encodeWithSelector(IDatacenterRegistry.NotRegistered.selector, bob));
        vm.prank(alice);
        registry.stake(bob, address(token), 1, "");
    }

    function test_RevertWhen_AmountIsZero() external {
        vm.expectRevert(IDatacenterRegistry.AmountZero.selector);
        _stake(alice, 0);
    }

    function test_RevertWhen_TooLittleForAShare() external {
        _stake(provider, 1);
        _reward(FUNDS); // 5e5 a share
        vm.expectRevert(IDatacenterRegistry.AmountZero.selector);
        _stake(alice, 500_000);
        vm.assertEq(_stake(alice, 500_001), 1, "shares");
    }

    function test_RevertWhen_PoolIsTooLarge() external {
        _expectTooLarge(uint256(type(uint96).max) + 1);
        _stake(alice, uint256(type(uint96).max) + 1);
        _stake(provider, 1);
        _expectTooLarge(type(uint256).max);
        _stake(alice, type(uint256).max);
        _enrich();
        _expectTooLarge(uint256(type(uint96).max) + 1);
        _stake(alice, type(uint96).max);
        _stake(alice, type(uint96).max - 1);
        vm.assertEq(_pool().assets, type(uint96).max, "full");
        _reward(1); // more may be earned
        vm.assertEq(_pool().assets, uint256(type(uint96).max) + 1, "over");
    }

    function test_RevertWhen_SharesDoNotFit() external {
        _enrich();
        _stake(alice, 1e28);
        _lockSlice(1e28 - 1);
        _slash(1e28 - 1, _none());
        _expectTooLarge(1e28 + 1);
        _stake(alice, 1e28);
        vm.assertEq(_stake(bob, 1000), 1000 * (1e34 + VIRTUAL) / 2, "a little still does");
    }

    function test_RevertWhen_TokenIsNotAllowed() external {
        vm.expectRevert(abi.encodeWithSelector(IVault.TokenNotAllowed.selector, address(0x70)));
        vm.prank(alice);
        registry.stake(provider, address(0x70), 1, "");
    }

    function test_InnerCallFails_WhenTokenCallsBack() external {
        ReentrantToken re = new ReentrantToken();
        vm.prank(governor);
        vault.allowToken(address(re));
        re.mint(alice, 10);
        vm.prank(alice);
        re.approve(address(vault), 10);
        re.arm(address(registry), abi.encodeCall(registry.stake, (provider, address(re), 1, "")));
        vm.prank(alice);
        registry.stake(provider, address(re), 10, "");
        vm.assertFalse(re.gotThrough(), "inner call");
        bytes4 why = ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector;
        vm.assertEq(bytes32(bytes4(re.answer())), bytes32(why), "why");
    }

    function test_FundedByPermit2() external {
        address payer = vm.addr(0xFA);
        token.mint(payer, 50);
        vm.prank(payer);
        token.approve(address(permit2), 50);
        bytes32 purpose = bytes32(uint256(uint160(provider)));
        Funding.Permit2Order memory o =
            Funding.Permit2Order(permit2, address(token), address(vault), 50, 0, START, purpose);
        bytes memory funding = Funding.permit2(0xFA, o);
        vm.prank(payer);
        registry.stake(provider, address(token), 50, funding);
        vm.assertEq(_shares(payer), 50 * VIRTUAL, "shares");
    }

    function test_Stakes() external {
        vm.expectEmit(address(registry));
        emit IDatacenterRegistry.Staked(provider, address(token), alice, 100, 100 * VIRTUAL);
        vm.assertEq(_stake(alice, 100), 100 * VIRTUAL, "first");
        vm.assertEq(_locked(), 100, "locked");
        vm.assertEq(_balance(alice), FUNDS - 100, "from the balance");
        vm.assertEq(_free(), 100, "free");
        vm.assertEq(_stake(bob, 50), 50 * VIRTUAL, "same price");
        _reward(151);
        // (301 + 1) / (150e6 + 1e6) is 2 units a million shares.
        vm.assertEq(_stake(bob, 100), 50 * VIRTUAL, "after a reward");
        vm.assertEq(_shares(bob), 100 * VIRTUAL, "both");
        IDatacenterRegistry.StakePool memory p = _pool();
        vm.assertEq(p.assets, 401, "assets");
        vm.assertEq(p.shares, 200 * VIRTUAL, "shares");
        vm.assertEq(p.unbondingShares, 0, "unbonding");
        vm.assertEq(p.sliced, 0, "sliced");
    }

    function test_FirstComerCannotInflateThePrice() external {
        _stake(provider, 1);
        _reward(1000e6);
        _stake(alice, 10_000e6);
        uint256 shares = _shares(alice);
        _unbond(alice, shares);
        vm.warp(START + UNBONDING);
        vm.assertGe(_withdraw(alice), 10_000e6 - 1000, "loses less than a share");
        _unbond(provider, VIRTUAL);
        vm.warp(START + 2 * UNBONDING);
        vm.assertLe(_withdraw(provider), 1000e6 + 1000, "gains less than a share");
    }

    function test_AfterAWipeOut_BeginsAnew() external {
        _stake(alice, 100);
        _stake(bob, 100);
        _unbond(bob, VIRTUAL);
        _freeSlice(0);
        _lockSlice(199);
        // One unit of bob's is unbonding, so not all can be sliced: the price is what remains of it.
        _slash(199, _none());
        vm.assertEq(_pool().assets, 1, "left");
        _unbond(alice, 100 * VIRTUAL);
        _unbond(bob, 99 * VIRTUAL);
        vm.warp(START + UNBONDING);
        vm.assertEq(_withdraw(alice), 0, "worth nothing");
        vm.assertEq(_withdraw(bob), 1, "all that is left");
        vm.assertEq(_pool().shares, 0, "empty");

        _stake(alice, 100);
        _wipeOut();
        vm.assertEq(_pool().shares, 0, "void");
        vm.assertEq(_stake(bob, 70), 70 * VIRTUAL, "as into a new one");
        vm.assertEq(_shares(alice), 0, "alice has none");
        _stake(alice, 30);
        vm.assertEq(_shares(alice), 30 * VIRTUAL, "old ones stay void");
        vm.assertEq(_free(), 100, "all of the new stake");
    }

    function test_Unbond_RevertWhen_NoSharesAreNamed() external {
        vm.expectRevert(IDatacenterRegistry.AmountZero.selector);
        _unbond(alice, 0);
    }

    function test_Unbond_RevertWhen_SharesAreTooFew() external {
        _stake(alice, 1);
        vm.expectRevert(
            abi.encodeWithSelector(IDatacenterRegistry.SharesTooFew.selector, alice, VIRTUAL, VIRTUAL + 1)
        );
        _unbond(alice, VIRTUAL + 1);
        _unbond(alice, VIRTUAL);
        vm.expectRevert(abi.encodeWithSelector(IDatacenterRegistry.SharesTooFew.selector, alice, 0, 1));
        _unbond(alice, 1);
        vm.expectRevert(
            abi.encodeWithSelector(IDatacenterRegistry.SharesTooFew.selector, bob, 0, type(uint256).max)
        );
        _unbond(bob, type(uint256).max);
    }

    function test_Unbond_RevertWhen_SlicesNeedIt() external {
        _stake(alice, 100);
        _lockSlice(60);
        bytes4 why = IDatacenterRegistry.StakeTooLow.selector;
        vm.expectRevert(abi.encodeWithSelector(why, provider, address(token), 40, 41));
        _unbond(alice, 41 * VIRTUAL);
        _unbond(alice, 40 * VIRTUAL);
        vm.assertEq(_free(), 0, "free");
    }

    function test_Unbond_RevertWhen_WipedOut() external {
        _stake(alice, 100);
        _wipeOut();
        _expectWipedOut(alice);
        registry.unbond(provider, address(token), 1);
    }

    function test_Unbond_StartsTheTimeAnew() external {
        _stake(alice, 100);
        vm.expectEmit(address(registry));
        emit IDatacenterRegistry.Unbonded(provider, address(token), alice, 10 * VIRTUAL, START + UNBONDING);
        _unbond(alice, 10 * VIRTUAL);
        vm.assertEq(_free(), 90, "free");
        vm.assertEq(_shares(alice), 90 * VIRTUAL, "shares");
        vm.warp(START + 5);
        _unbond(alice, 1);
        vm.assertEq(_unbonding(alice).shares, 10 * VIRTUAL + 1, "sum");
        vm.assertEq(_unbonding(alice).availableAt, START + 5 + UNBONDING, "time");
        vm.assertEq(_pool().unbondingShares, 10 * VIRTUAL + 1, "pool");
    }

    function test_Withdraw_RevertWhen_NothingIsUnbonding() external {
        _stake(alice, 100);
        vm.expectRevert(abi.encodeWithSelector(IDatacenterRegistry.NothingUnbonding.selector, alice));
        _withdraw(alice);
    }

    function test_Withdraw_RevertWhen_BeforeTheTime() external {
        _stake(alice, 100);
        _unbond(alice, VIRTUAL);
        vm.warp(START + UNBONDING - 1);
        vm.expectRevert(abi.encodeWithSelector(IDatacenterRegistry.StillBonded.selector, START + UNBONDING));
        _withdraw(alice);
    }

    function test_Withdraw_RevertWhen_WipedOut() external {
        _stake(alice, 1);
        _stake(bob, 1);
        _unbond(bob, 1); // so little that both units can be sliced still
        _lockSlice(1);
        _slash(1, _none());
        _lockSlice(_free());
        _unbond(alice, VIRTUAL / 4);
        vm.warp(START + UNBONDING);
        vm.assertEq(_withdraw(bob), 0, "less than a unit");
        _stake(alice, 10);
        _wipeOut();
        _expectWipedOut(alice);
        registry.withdrawStake(provider, address(token));
        vm.assertEq(_unbonding(alice).shares, 0, "void");
    }

    function test_Withdraw_PaysWhatTheyAreWorthThen() external {
        _stake(alice, 100);
        _stake(bob, 100);
        _unbond(alice, 50 * VIRTUAL);
        _lockSlice(100);
        _slash(100, _none()); // half of all, unbonding or not
        vm.warp(START + UNBONDING);
        vm.expectEmit(address(registry));
        emit IDatacenterRegistry.StakeWithdrawn(provider, address(token), alice, 50 * VIRTUAL, 25);
        vm.assertEq(_withdraw(alice), 25, "half");
        vm.assertEq(_balance(alice), FUNDS - 75, "paid");
        vm.assertEq(_locked(), 75, "locked");
        vm.assertEq(_unbonding(alice).shares, 0, "gone");
        vm.expectRevert(abi.encodeWithSelector(IDatacenterRegistry.NothingUnbonding.selector, alice));
        _withdraw(alice);
    }
}
