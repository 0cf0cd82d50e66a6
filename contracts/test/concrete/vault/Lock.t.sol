// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IVault} from "../../../src/interfaces/IVault.sol";
import {FeeToken} from "../../utils/HostileTokens.sol";
import {VaultFixture} from "./VaultFixture.sol";

contract LockTest is VaultFixture {
    function test_RevertWhen_CallerIsNoManager() external {
        vm.expectRevert(abi.encodeWithSelector(IVault.NotManager.selector, alice));
        vm.prank(alice);
        vault.lock(address(token), alice, 1, PURPOSE, "");
    }

    function test_RevertWhen_AmountIsZero() external {
        vm.expectRevert(IVault.AmountZero.selector);
        _lock(0);
    }

    function test_MovesBalance() external {
        vm.expectEmit(address(vault));
        emit IVault.Locked(manager, address(token), alice, 100);
        _lock(100);
        vm.assertEq(_balance(alice), 0, "balance");
        vm.assertEq(_locked(manager), 100, "locked");
        vm.assertEq(token.balanceOf(alice), 100, "outside");
    }

    function test_PullsWhatIsMissing() external {
        vm.expectEmit(address(vault));
        emit IVault.Deposited(address(token), alice, alice, 50);
        vm.expectEmit(address(vault));
        emit IVault.Locked(manager, address(token), alice, 150);
        _lock(150);
        vm.assertEq(_balance(alice), 0, "balance");
        vm.assertEq(_locked(manager), 150, "locked");
        vm.assertEq(token.balanceOf(alice), 50, "outside");
    }

    function test_RevertWhen_TokenIsNotAllowed() external {
        vm.expectRevert(abi.encodeWithSelector(IVault.TokenNotAllowed.selector, address(0x70)));
        vm.prank(manager);
        vault.lock(address(0x70), alice, 1, PURPOSE, "");
    }

    function test_RevertWhen_TokenTakesFee() external {
        FeeToken fee = new FeeToken();
        _allow(address(fee));
        fee.mint(alice, 1000);
        vm.prank(alice);
        fee.approve(address(vault), 1000);
        vm.expectRevert(abi.encodeWithSelector(IVault.ReceivedDiffers.selector, address(fee), 1000, 990));
        vm.prank(manager);
        vault.lock(address(fee), alice, 1000, PURPOSE, "");
    }
}
