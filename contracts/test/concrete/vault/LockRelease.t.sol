// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IVault} from "../../../src/interfaces/IVault.sol";
import {FeeToken} from "../../utils/HostileTokens.sol";
import {VaultFixture} from "./VaultFixture.sol";

contract LockReleaseTest is VaultFixture {
    function test_Lock_RevertWhen_CallerIsNoManager() external {
        vm.expectRevert(abi.encodeWithSelector(IVault.NotManager.selector, alice));
        vm.prank(alice);
        vault.lock(address(token), alice, 1);
    }

    function test_Lock_RevertWhen_AmountIsZero() external {
        vm.expectRevert(IVault.AmountZero.selector);
        vm.prank(manager);
        vault.lock(address(token), alice, 0);
    }

    function test_Lock_MovesBalance() external {
        vm.expectEmit(address(vault));
        emit IVault.Locked(manager, address(token), alice, 100);
        vm.prank(manager);
        vault.lock(address(token), alice, 100);
        vm.assertEq(_balance(alice), 0, "balance");
        vm.assertEq(_locked(), 100, "locked");
        vm.assertEq(token.balanceOf(alice), 100, "outside");
    }

    function test_Lock_PullsWhatIsMissing() external {
        vm.expectEmit(address(vault));
        emit IVault.Deposited(address(token), alice, alice, 50);
        vm.expectEmit(address(vault));
        emit IVault.Locked(manager, address(token), alice, 150);
        vm.prank(manager);
        vault.lock(address(token), alice, 150);
        vm.assertEq(_balance(alice), 0, "balance");
        vm.assertEq(_locked(), 150, "locked");
        vm.assertEq(token.balanceOf(alice), 50, "outside");
    }

    function test_Lock_RevertWhen_TokenIsNotAllowed() external {
        vm.expectRevert(abi.encodeWithSelector(IVault.TokenNotAllowed.selector, address(0x70)));
        vm.prank(manager);
        vault.lock(address(0x70), alice, 1);
    }

    function test_Lock_RevertWhen_TokenTakesFee() external {
        FeeToken fee = new FeeToken();
        _allow(address(fee));
        fee.mint(alice, 1000);
        vm.prank(alice);
        fee.approve(address(vault), 1000);
        vm.expectRevert(abi.encodeWithSelector(IVault.ReceivedDiffers.selector, address(fee), 1000, 990));
        vm.prank(manager);
        vault.lock(address(fee), alice, 1000);
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
        address[] memory managers = new address[](2);
        (managers[0], managers[1]) = (manager, bob);
        _deploy(managers);
        _allow(address(token));
        vm.prank(alice);
        token.approve(address(vault), 50);
        vm.prank(manager);
        vault.lock(address(token), alice, 50);

        vm.expectRevert(abi.encodeWithSelector(IVault.LockedTooLow.selector, bob, address(token), 0, 1));
        vm.prank(bob);
        vault.release(address(token), bob, 1);
    }

    function test_Release_Credits() external {
        vm.startPrank(manager);
        vault.lock(address(token), alice, 100);
        vm.expectEmit(address(vault));
        emit IVault.Released(manager, address(token), bob, 60);
        vault.release(address(token), bob, 60);
        vm.assertEq(_balance(bob), 60, "bob");
        vm.assertEq(_locked(), 40, "locked");
        vm.assertEq(token.balanceOf(bob), 0, "no token moved");
    }
}
