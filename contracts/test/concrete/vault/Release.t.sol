// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IVault} from "../../../src/interfaces/IVault.sol";
import {Credit} from "../../../src/types/Lease.sol";
import {VaultFixture} from "./VaultFixture.sol";

contract ReleaseTest is VaultFixture {
    function setUp() public override {
        super.setUp();
        _lock(100);
    }

    function _credits(address a, uint256 x, address b, uint256 y) private pure returns (Credit[] memory credits) {
        credits = new Credit[](2);
        (credits[0], credits[1]) = (Credit(a, x), Credit(b, y));
    }

    function _many(Credit[] memory credits) private {
        vm.prank(manager);
        vault.releaseMany(address(token), credits);
    }

    function _refused(address who, uint256 has, uint256 needs) private {
        vm.expectRevert(abi.encodeWithSelector(IVault.LockedTooLow.selector, who, address(token), has, needs));
        vm.prank(who);
    }

    function test_Release_RevertWhen_CallerIsNoManager() external {
        vm.expectRevert(abi.encodeWithSelector(IVault.NotManager.selector, governor));
        vm.prank(governor);
        vault.release(address(token), governor, 1);
    }

    function test_Release_RevertWhen_AmountIsZero() external {
        vm.expectRevert(IVault.AmountZero.selector);
        vm.prank(manager);
        vault.release(address(token), alice, 0);
    }

    function test_Release_RevertWhen_RecipientIsZero() external {
        vm.expectRevert(IVault.RecipientZero.selector);
        vm.prank(manager);
        vault.release(address(token), address(0), 1);
    }

    function test_Release_RevertWhen_OnlyAnotherManagerHasLocked() external {
        _refused(other, 0, 1);
        vault.release(address(token), bob, 1);
    }

    function test_Release_Credits() external {
        vm.expectEmit(address(vault));
        emit IVault.Released(manager, address(token), bob, 60);
        vm.prank(manager);
        vault.release(address(token), bob, 60);
        vm.assertEq(_balance(bob), 60, "bob");
        vm.assertEq(_locked(manager), 40, "locked");
        vm.assertEq(token.balanceOf(bob), 0, "no token moved");
    }

    function test_Many_RevertWhen_CallerIsNoManager() external {
        vm.expectRevert(abi.encodeWithSelector(IVault.NotManager.selector, alice));
        vm.prank(alice);
        vault.releaseMany(address(token), new Credit[](0));
    }

    function test_Many_RevertWhen_RecipientIsZero() external {
        vm.expectRevert(IVault.RecipientZero.selector);
        _many(_credits(bob, 1, address(0), 1));
    }

    function test_Many_RevertWhen_SumIsMoreThanLocked() external {
        _refused(manager, 40, 41);
        vault.releaseMany(address(token), _credits(alice, 60, bob, 41));
        _refused(manager, 99, type(uint256).max);
        vault.releaseMany(address(token), _credits(alice, 1, bob, type(uint256).max));
        _refused(other, 0, 1);
        vault.releaseMany(address(token), _credits(alice, 1, bob, 0));
    }

    function test_Many_PassesZeroOver() external {
        _many(_credits(address(0), 0, bob, 1));
        vm.assertEq(_balance(bob), 1, "bob");
        vm.assertEq(_locked(manager), 99, "locked");
    }

    function test_Many_DoesNothingWithNone() external {
        _many(new Credit[](0));
        vm.assertEq(_locked(manager), 100, "locked");
    }

    function test_Many_CreditsEach() external {
        vm.expectEmit(address(vault));
        emit IVault.Released(manager, address(token), alice, 30);
        vm.expectEmit(address(vault));
        emit IVault.Released(manager, address(token), bob, 20);
        _many(_credits(alice, 30, bob, 20));
        _many(_credits(bob, 10, bob, 40));
        vm.assertEq(_balance(alice), 30, "alice");
        vm.assertEq(_balance(bob), 70, "bob");
        vm.assertEq(_locked(manager), 0, "locked");
    }

    function test_Move_RevertWhen_CallerIsNoManager() external {
        vm.expectRevert(abi.encodeWithSelector(IVault.NotManager.selector, alice));
        vm.prank(alice);
        vault.moveLock(address(token), manager, 1);
    }

    function test_Move_RevertWhen_OtherIsNoManager() external {
        vm.expectRevert(abi.encodeWithSelector(IVault.NotManager.selector, bob));
        vm.prank(manager);
        vault.moveLock(address(token), bob, 1);
    }

    function test_Move_RevertWhen_AmountIsZero() external {
        vm.expectRevert(IVault.AmountZero.selector);
        vm.prank(manager);
        vault.moveLock(address(token), other, 0);
    }

    function test_Move_RevertWhen_LockedIsTooLow() external {
        _refused(manager, 100, 101);
        vault.moveLock(address(token), other, 101);
    }

    function test_Move_ToItselfChangesNothing() external {
        vm.prank(manager);
        vault.moveLock(address(token), manager, 100);
        vm.assertEq(_locked(manager), 100, "locked");
    }

    function test_Move_Moves() external {
        vm.expectEmit(address(vault));
        emit IVault.LockMoved(manager, address(token), other, 30);
        vm.prank(manager);
        vault.moveLock(address(token), other, 30);
        vm.assertEq(_locked(manager), 70, "from");
        vm.assertEq(_locked(other), 30, "to");
        vm.prank(other);
        vault.release(address(token), bob, 30);
        vm.assertEq(_balance(bob), 30, "paid");
    }
}
